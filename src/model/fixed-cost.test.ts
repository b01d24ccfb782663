import { expect, test } from 'vitest';
import { FixedCost } from './fixed-cost.ts';
import { SWITCHOVER_FIXED_COST_MS } from './passes.ts';

const MB = 1e6;

/** Pauses of 100 MB at 100 MB/s, a second, with these costs beside it. */
function learned(...costsMs: number[]): FixedCost {
  return costsMs.reduce(
    (cost, ms) => cost.with({ pauseMs: 1000 + ms, bytes: 100 * MB, lineRateBytesPerSecond: 100 * MB }),
    FixedCost.assumed,
  );
}

test('an assumption before any switchover', () => {
  expect(FixedCost.assumed.ms).toEqual({ low: 20, middle: SWITCHOVER_FIXED_COST_MS, high: 100 });
});

test('the first switchovers move the middle, and leave the assumption possible', () => {
  expect(learned(200).ms).toEqual({ low: 20, middle: 200, high: 205 });
});

test('from three on it is learned, and one congested pause teaches nothing', () => {
  const { low, middle, high } = learned(180, 190, 4000, 200, 185).ms;
  expect(middle).toBe(190);
  expect(low).toBeGreaterThan(150);
  expect(high).toBeLessThan(230);
});

test('a pause shorter than the memory takes counts as no cost; nonsense is ignored', () => {
  expect(learned(-30, -30, -30).ms.middle).toBe(0);
  expect(learned(Number.NaN, Number.POSITIVE_INFINITY).ms).toEqual(FixedCost.assumed.ms);
  const noRate = { pauseMs: 10, bytes: 10, lineRateBytesPerSecond: 0 };
  expect(FixedCost.assumed.with(noRate).ms).toEqual(FixedCost.assumed.ms);
});
