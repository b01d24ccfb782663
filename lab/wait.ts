/**
 * Waiting for things outside this process, which tell nobody when they happen.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { patient } from './patience.ts';

export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError';
}

/**
 * Asks again and again until the answer is not undefined. What `ask` throws ends the wait.
 * @param what completes the sentence "waited 60 s for …"
 * @throws {WaitTimeoutError}
 */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { timeoutMs: usualMs, everyMs = 50 }: { timeoutMs: number; everyMs?: number },
): Promise<T> {
  const timeoutMs = patient(usualMs);
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= endMs) throw new WaitTimeoutError(`waited ${timeoutMs / 1000} s for ${what}`);
    await sleep(everyMs);
  }
}
