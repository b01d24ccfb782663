import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aimedPauseMs, assumedFixedCostMs } from './pause-room.ts';

test.each([
  [50, 50, 20],
  [100, 100, 50],
  [300, 250, 50],
  [5000, 4950, 50],
])('of %i ms a pause of %i is aimed at, %i of it fixed cost', (limitMs, aimedMs, fixedCostMs) => {
  expect(aimedPauseMs(limitMs)).toBeCloseTo(aimedMs, 6);
  expect(assumedFixedCostMs(limitMs)).toBeCloseTo(fixedCostMs, 6);
});

test('a longer limit never leaves less for memory, and from 50 ms on it leaves at least 30', () => {
  const forMemoryMs = (limitMs: number) => aimedPauseMs(limitMs) - assumedFixedCostMs(limitMs);
  const limit = fc.double({ min: 50, max: 10_000, noNaN: true });
  fc.assert(
    fc.property(limit, limit, (a, b) => {
      expect(forMemoryMs(Math.max(a, b))).toBeGreaterThanOrEqual(forMemoryMs(Math.min(a, b)) - 1e-9);
      expect(forMemoryMs(a)).toBeGreaterThanOrEqual(30 - 1e-9);
      expect(aimedPauseMs(a)).toBeLessThanOrEqual(a);
    }),
  );
});
