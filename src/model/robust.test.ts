import fc from 'fast-check';
import { expect, test } from 'vitest';
import { robustEstimate, weightedMedian } from './robust.ts';

const alike = (...values: number[]) => values.map((value) => ({ value, weight: 1 }));

test.each([
  [alike(3, 1, 2), 2],
  [alike(4, 1, 2, 3), 2.5],
  [[{ value: 1, weight: 10 }, ...alike(5, 6, 7)], 1],
  [alike(), undefined],
])('the median of %j', (values, median) => expect(weightedMedian(values)).toBe(median));

test('two standard deviations either side, and the least spread where values agree', () => {
  expect(robustEstimate(alike(8, 9, 10, 11, 12), 0)).toEqual({ low: 10 - 2.9652, middle: 10, high: 12.9652 });
  expect(robustEstimate(alike(10, 10), 3)).toEqual({ low: 7, middle: 10, high: 13 });
  expect(robustEstimate([], 3)).toBeUndefined();
});

test('fewer than half of outliers, however far, leave the middle among the good values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 9, max: 11, noNaN: true }), { minLength: 5, maxLength: 9 }),
      fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { maxLength: 4 }),
      (good, bad) => {
        const { low = 0, middle = 0, high = 0 } = robustEstimate(alike(...good, ...bad), 0) ?? {};
        expect(middle).toBeGreaterThanOrEqual(9);
        expect(middle).toBeLessThanOrEqual(11);
        expect(low).toBeLessThanOrEqual(middle);
        expect(high).toBeGreaterThanOrEqual(middle);
      },
    ),
  );
});
