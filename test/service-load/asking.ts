/** Requests to a service that may say that it is asked too much: 429 with the time after which to come again is a right answer. */
import { expect } from 'vitest';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const MOST_TRIES = 20;

/** Comes again as it is told to. */
export async function ask(at: string, place: string, init: RequestInit = {}): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await askOnce(at, place, init);
    if (answer.status !== 429 || tries === MOST_TRIES) return answer;
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers.get('retry-after'))));
  }
}

export async function askOnce(at: string, place: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${at}${place}`, init);
  const text = await response.text();
  if (response.status === 429) expect(response.headers.get('retry-after'), text).toMatch(/^\d+$/);
  return { status: response.status, headers: response.headers, text };
}

/** One clear sentence in a problem document, with nothing of our insides in it. @returns its code */
export function problemIn({ status, headers, text }: Answer): string {
  expect(headers.get('content-type'), text).toBe('application/problem+json');
  const problem = JSON.parse(text) as { status: number; detail: string; code: string };
  expect(problem).toMatchObject({ type: 'about:blank', status, title: expect.stringMatching(/\w/) });
  expect(problem.detail.length).toBeGreaterThan(10);
  expect(problem.detail).not.toMatch(/\n| at .*:\d+:\d+|undefined|\[object/);
  return problem.code;
}

/** So many requests, so many at once. @returns how often each status was answered, and how long the slowest took */
export async function flood(
  at: string,
  places: readonly string[],
  {
    count,
    atOnce,
    withinMs,
  }: { readonly count: number; readonly atOnce: number; readonly withinMs?: number },
): Promise<{ readonly statuses: ReadonlyMap<number, number>; readonly slowestMs: number }> {
  const statuses = new Map<number, number>();
  const beganMs = performance.now();
  let next = 0;
  let slowestMs = 0;
  const asker = async () => {
    while (next < count) {
      const number = next++;
      // Spread over the time that they are to take.
      const dueMs = beganMs + ((withinMs ?? 0) * number) / count;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
      const askedMs = performance.now();
      const { status } = await askOnce(at, places[number % places.length] ?? '/');
      slowestMs = Math.max(slowestMs, performance.now() - askedMs);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, asker));
  return { statuses, slowestMs };
}
