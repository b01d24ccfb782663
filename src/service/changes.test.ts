import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Changes } from './changes.ts';
import { LiveMigrations } from './live-migrations.ts';

let tell: (id: string, isNews: boolean) => void;
let changes: Changes;
beforeEach(() => {
  vi.useFakeTimers();
  changes = new Changes({
    subscribe: (listener) => {
      tell = listener;
      return () => {};
    },
  });
});
afterEach(() => vi.useRealTimers());

/** What the reader is told within that time, each round with the time at which it came. */
async function toldWithin(ms: number): Promise<[number, string[]][]> {
  const rounds: [number, string[]][] = [];
  const beganMs = performance.now();
  let over = false;
  const reading = (async () => {
    while (!over) {
      const round = await changes.next(10_000);
      if (round === undefined) return;
      rounds.push([Math.round(performance.now() - beganMs), [...round]]);
    }
  })();
  await vi.advanceTimersByTimeAsync(ms);
  over = true;
  changes.end();
  await reading;
  return rounds;
}

test('what happened is told at once, a sample with the next round', async () => {
  setTimeout(() => tell('a', false), 100);
  setTimeout(() => tell('b', false), 150);
  setTimeout(() => tell('c', true), 200);
  setTimeout(() => tell('d', false), 360);
  expect(await toldWithin(1000)).toEqual([
    [100, ['a']],
    [200, ['c']],
    [350, ['b']],
    [600, ['d']],
  ]);
});

test('what happens in one moment comes in one piece, and a migration once a round', async () => {
  setTimeout(() => tell('a', true), 100);
  for (const at of [101, 105, 110]) setTimeout(() => tell('a', true), at);
  setTimeout(() => tell('a', false), 112);
  setTimeout(() => tell('b', true), 119);
  expect(await toldWithin(1000)).toEqual([
    [100, ['a']],
    [120, ['a', 'b']],
  ]);
});

test('where nothing happens it says so after the time, and not twice as often for a thousand samples', async () => {
  expect(await toldWithin(20_500)).toEqual([
    [10_000, []],
    [20_000, []],
  ]);
});

test('a thousand samples a second are four rounds', async () => {
  const samples = setInterval(() => tell('a', false), 1);
  expect((await toldWithin(2000)).length).toBeLessThanOrEqual(9);
  clearInterval(samples);
});

test('once it has ended nothing is told', async () => {
  changes.end();
  expect(await changes.next(10_000)).toBeUndefined();
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
