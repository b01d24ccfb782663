import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LiveMigrations } from './live-migrations.ts';
import { Rounds, type RoundsReader } from './rounds.ts';

let change: (id: string, isNews: boolean) => void;
let rounds: Rounds;
let made: number;
let ids: readonly string[];
beforeEach(() => {
  vi.useFakeTimers();
  made = 0;
  ids = [];
  const live = {
    all: () => ids.map((id) => ({ view: { id } })),
    subscribe: (listener: typeof change) => {
      change = listener;
      return () => {};
    },
  } as unknown as LiveMigrations;
  rounds = new Rounds(live, (id) => {
    made += 1;
    return `${id} `;
  });
});
afterEach(() => vi.useRealTimers());

const ALIVE = 'event: alive\ndata:';
const asText = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes).trim();

/** What a reader is told, with the time at which it came. @param writeMs how long each piece takes it */
function listen(writeMs = 0): { told: [number, string][]; reader: RoundsReader } {
  const reader = rounds.read();
  const told: [number, string][] = [];
  const beganMs = performance.now();
  void (async () => {
    for (;;) {
      const bytes = await reader.next();
      if (bytes === undefined) return;
      if (told.length === 0 && asText(bytes) === ALIVE && performance.now() === beganMs) continue;
      told.push([Math.round(performance.now() - beganMs), asText(bytes)]);
      if (writeMs > 0) await new Promise((resolve) => setTimeout(resolve, writeMs));
    }
  })();
  return { told, reader };
}

const at = (ms: number, id: string, isNews: boolean) => setTimeout(() => change(id, isNews), ms);

test('what happened is told at once, a sample with the next round of samples', async () => {
  const { told } = listen();
  at(100, 'a', false);
  at(150, 'b', false);
  at(200, 'c', true);
  at(360, 'd', false);
  await vi.advanceTimersByTimeAsync(1000);
  expect(told).toEqual([
    [101, 'a'],
    [201, 'c'],
    [351, 'b'],
    [601, 'd'],
  ]);
});

test('what happens in one moment comes in one piece, and a migration once in it', async () => {
  const { told } = listen();
  at(100, 'a', true);
  for (const ms of [101, 105, 110]) at(ms, 'a', true);
  at(112, 'a', false);
  at(139, 'b', true);
  await vi.advanceTimersByTimeAsync(1000);
  expect(told).toEqual([
    [101, 'a'],
    [141, 'a b'],
  ]);
});

test('a thousand samples a second are four rounds, and their text is made once for all readers', async () => {
  const all = Array.from({ length: 100 }, () => listen());
  const samples = setInterval(() => change('a', false), 1);
  await vi.advanceTimersByTimeAsync(1990);
  clearInterval(samples);
  expect(all.map(({ told }) => told.length)).toEqual(Array(100).fill(8));
  expect(made).toBe(8);
});

describe('a reader', () => {
  test('that is slow is told the newest when it comes to it, once each', async () => {
    const { told } = listen(1000);
    for (let ms = 0; ms < 3000; ms += 50) at(ms, `${ms % 100 === 0 ? 'a' : 'b'}`, true);
    await vi.advanceTimersByTimeAsync(3000);
    expect(told.map(([, text]) => text.split(' ').sort().join())).toEqual(['a', 'a,b', 'a,b']);
  });

  test('hears first of all that there are, in pieces', async () => {
    ids = Array.from({ length: 120 }, (_, number) => `m${number}`);
    const { told } = listen();
    await vi.advanceTimersByTimeAsync(1);
    expect(told.pop()?.[1]).toBe(ALIVE);
    expect(told.map(([, text]) => text.split(' ').length)).toEqual([50, 50, 20]);
  });

  test('is told every ten seconds that the service is there', async () => {
    const { told, reader } = listen();
    await vi.advanceTimersByTimeAsync(20_500);
    expect(told).toEqual([
      [10_000, ALIVE],
      [20_000, ALIVE],
    ]);
    reader.end();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that has ended is told nothing more, and nobody waits for it', async () => {
    const { told, reader } = listen();
    reader.end();
    change('a', true);
    await vi.advanceTimersByTimeAsync(1000);
    expect(told).toEqual([]);
    expect(await reader.next()).toBeUndefined();
  });
});

test('of a migration that is followed only its samples are no news', () => {
  const live = new LiveMigrations();
  const heard: [string, boolean][] = [];
  live.subscribe((id, isNews) => heard.push([id, isNews]));
  const stamp = { schema: 2, seq: 1, time: '', atMs: 0 };
  const figures = { atMs: 1, pass: 1, totalBytes: 1, remainingBytes: 1, sentBytes: 1, throttlePercent: 0 };
  live.take({ ...stamp, type: 'tick', tick: { kind: 'tick', ...figures } }, 'a');
  live.take({ ...stamp, type: 'state', from: 'copying', to: 'stopped' }, 'a');
  live.forget('a');
  expect(heard).toEqual([
    ['a', false],
    ['a', true],
    ['a', true],
  ]);
});
