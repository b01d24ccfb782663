import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guessFrom, LIMIT_STEP_MS, nextLimit, type Trial } from './limit-search.ts';

/** Searches on a guest that completes from `leastMs` on. */
function search(leastMs: number, guessMs: number, confirmations: number): { found: number; trials: Trial[] } {
  const trials: Trial[] = [];
  for (let count = 0; count < 60; count += 1) {
    const next = nextLimit(trials, guessMs, confirmations);
    if (next.settled) return { found: next.limitMs, trials };
    trials.push({ limitMs: next.limitMs, success: next.limitMs >= leastMs });
  }
  throw new Error(`not settled: ${trials.map(({ limitMs }) => limitMs)}`);
}

test('finds the smallest step from any guess, and confirms it', () => {
  const steps = fc.integer({ min: 1, max: 60 }).map((step) => step * LIMIT_STEP_MS);
  fc.assert(
    fc.property(
      steps,
      fc.double({ min: 1, max: 6000, noNaN: true }),
      fc.integer({ min: 1, max: 5 }),
      (least, guess, times) => {
        const { found, trials } = search(least, guess, times);
        expect(found).toBe(least);
        expect(trials.filter(({ limitMs }) => limitMs === found).length).toBe(times);
      },
    ),
  );
});

test('a good guess needs few runs', () => {
  expect(search(2400, 2350, 3).trials.length).toBeLessThanOrEqual(5);
});

test('a limit that fails after it had succeeded is given up for a longer one', () => {
  const trials = [
    { limitMs: 2300, success: false },
    { limitMs: 2400, success: true },
    { limitMs: 2400, success: false },
  ];
  expect(nextLimit(trials, 2400, 3)).toEqual({ settled: false, limitMs: 2600 });
  const after = [...trials, ...[1, 2, 3].map(() => ({ limitMs: 2500, success: true }))];
  expect(nextLimit(after, 2400, 3)).toEqual({ settled: true, limitMs: 2500 });
});

test('the guess is what the usual boundary would need at the rate of the passes', () => {
  const boundaries = [
    { atMs: 0, sentBytes: 0, remainingBytes: 500e6 },
    { atMs: 3000, sentBytes: 180e6, remainingBytes: 120e6 },
    { atMs: 5000, sentBytes: 300e6, remainingBytes: 120e6 },
    { atMs: 7000, sentBytes: 420e6, remainingBytes: 120e6 },
  ];
  expect(guessFrom(boundaries)).toBeCloseTo(2000);
  expect(guessFrom([])).toBe(1000);
});
