import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixedCost } from './fixed-cost.ts';
import { aimedPauseMs, fixedCostMsWithin, sendingMs } from './pause-room.ts';

const GIB = 2 ** 30;

/** As so many switchovers of this guest taught it. */
function taught(...costsMs: number[]): FixedCost {
  const guest = { isThis: true, memoryBytes: GIB };
  const switchovers = costsMs.map((pauseMs) => ({ pauseMs, bytes: 0, lineRateBytesPerSecond: 1e8, guest }));
  return FixedCost.of({ memoryBytes: GIB, switchovers });
}

test.each([
  [50, 50, 20],
  [100, 100, 50],
  [200, 140, 50],
  [300, 180, 50],
  [350, 200, 50],
  [500, 350, 50],
  [5000, 4850, 50],
])(
  'of %i ms a pause of %i is aimed at, %i of it fixed cost, where none was seen',
  (limitMs, aimedMs, fixedCostMs) => {
    expect(aimedPauseMs(limitMs, FixedCost.assumed)).toBeCloseTo(aimedMs, 6);
    expect(fixedCostMsWithin(limitMs, FixedCost.assumed)).toBeCloseTo(fixedCostMs, 6);
  },
);

test.each([
  [50, 50, 20],
  [500, 450, 20],
  [500, 450, 210],
  [5000, 4950, 210],
])('of %i ms a pause of %i is aimed at where it was learned to be %i', (limitMs, aimedMs, fixedCostMs) => {
  const cost = taught(fixedCostMs, fixedCostMs, fixedCostMs);
  expect(aimedPauseMs(limitMs, cost)).toBeCloseTo(aimedMs, 6);
  expect(fixedCostMsWithin(limitMs, cost)).toBeCloseTo(fixedCostMs, 6);
});

test('the way of our word is kept back of any limit, and beside it as much as of a limit that much shorter', () => {
  const far = FixedCost.of({ memoryBytes: undefined, switchovers: [], wordMs: 100 });
  for (const limitMs of [50, 200, 350, 5000]) {
    expect(sendingMs(limitMs + 100, far)).toBeCloseTo(sendingMs(limitMs, FixedCost.assumed), 6);
    expect(fixedCostMsWithin(limitMs + 100, far)).toBeCloseTo(
      100 + fixedCostMsWithin(limitMs, FixedCost.assumed),
      6,
    );
  }
  // What was seen over this link has it already.
  const seen = [{ pauseMs: 160, bytes: 0, lineRateBytesPerSecond: 1e8 }];
  const taughtFar = FixedCost.of({ memoryBytes: GIB, switchovers: [...seen, ...seen, ...seen], wordMs: 100 });
  expect(taughtFar.ms.middle).toBe(160);
  expect(sendingMs(500, taughtFar)).toBe(sendingMs(500, taught(160, 160, 160)));
});

test('a switchover or two leave the assumption possible', () => {
  expect(sendingMs(500, taught(30))).toBe(300);
  expect(sendingMs(500, taught(30, 30, 30))).toBe(420);
  expect(sendingMs(500, taught(250))).toBe(200);
});

const limit = fc.double({ min: 50, max: 10_000, noNaN: true });
const size = fc.record({
  memoryBytes: fc.double({ min: GIB, max: 2 ** 42, noNaN: true }),
  vcpus: fc.nat(300),
});

test('a longer limit never leaves less for memory, and from 50 ms on it leaves at least 30 where none was seen', () => {
  fc.assert(
    fc.property(limit, limit, size, (a, b, of) => {
      const cost = FixedCost.of({ ...of, switchovers: [] });
      expect(sendingMs(Math.max(a, b), cost)).toBeGreaterThanOrEqual(sendingMs(Math.min(a, b), cost) - 1e-9);
      expect(sendingMs(a, cost)).toBeGreaterThanOrEqual(30 - 1e-9);
      expect(aimedPauseMs(a, cost)).toBeLessThanOrEqual(a);
    }),
  );
});

describe('what is sent and the most that the fixed cost may be stay within the limit', () => {
  test('where none was seen, once the limit is five thirds of that most', () => {
    fc.assert(
      fc.property(limit, size, (limitMs, of) => {
        const cost = FixedCost.of({ ...of, switchovers: [] });
        fc.pre(limitMs >= (cost.ms.most + 10) / 0.6);
        expect(sendingMs(limitMs, cost) + cost.ms.most).toBeLessThanOrEqual(limitMs + 1e-9);
      }),
    );
  });

  test('where it was learned, once the limit has room for it and for 30 ms of memory', () => {
    const costs = fc.array(fc.double({ min: 0, max: 800, noNaN: true }), { minLength: 3, maxLength: 8 });
    fc.assert(
      fc.property(limit, costs, (limitMs, costsMs) => {
        const cost = taught(...costsMs);
        fc.pre(limitMs >= cost.ms.most + 30);
        expect(sendingMs(limitMs, cost) + cost.ms.most).toBeLessThanOrEqual(limitMs + 1e-9);
      }),
    );
  });
});
