import { describe, expect, test } from 'vitest';
import { FixedCost, type SwitchedGuest } from './fixed-cost.ts';
import { SWITCHOVER_FIXED_COST_MS } from './passes.ts';

const MB = 1e6;
const GIB = 2 ** 30;

/** A pause of 100 MB at 100 MB/s, a second, with this cost beside it. */
function costing(ms: number, guest?: SwitchedGuest) {
  const switchover = { pauseMs: 1000 + ms, bytes: 100 * MB, lineRateBytesPerSecond: 100 * MB };
  return guest ? { ...switchover, guest } : switchover;
}

function learned(...costsMs: number[]): FixedCost {
  const switchovers = costsMs.map((ms) => costing(ms));
  return FixedCost.of({ memoryBytes: GIB, switchovers });
}

test('an assumption before any switchover', () => {
  expect(FixedCost.assumed.ms).toEqual({ low: 20, middle: SWITCHOVER_FIXED_COST_MS, high: 100, most: 200 });
});

test('the first switchovers move the middle, and leave the assumption possible', () => {
  expect(learned(300).ms).toEqual({ low: 20, middle: 300, high: 305, most: 305 });
  expect(learned(30).ms).toEqual({ low: 20, middle: 30, high: 100, most: 200 });
});

test('from three on it is learned, and one congested pause teaches nothing', () => {
  const { low, middle, high, most } = learned(180, 190, 4000, 200, 185).ms;
  expect(middle).toBe(190);
  expect(low).toBeGreaterThan(150);
  expect(high).toBeLessThan(230);
  expect(most).toBe(high);
});

test('the latest tell of a host as it is now', () =>
  expect(learned(...Array(9).fill(40), ...Array(5).fill(210)).ms.middle).toBe(210));

test('a pause shorter than the memory takes counts as no cost; nonsense is ignored', () => {
  expect(learned(-30, -30, -30).ms.middle).toBe(0);
  expect(learned(Number.NaN, Number.POSITIVE_INFINITY).ms).toEqual(FixedCost.assumed.ms);
  const noRate = { pauseMs: 10, bytes: 10, lineRateBytesPerSecond: 0 };
  expect(FixedCost.of({ memoryBytes: GIB, switchovers: [noRate] }).ms).toEqual(FixedCost.assumed.ms);
});

describe('of several guests over the link', () => {
  const small = (isThis: boolean): SwitchedGuest => ({ isThis, memoryBytes: 4 * GIB });
  const large: SwitchedGuest = { isThis: false, memoryBytes: 1032 * GIB };

  test("this one's own go first where there are enough", () => {
    const own = [30, 32, 34].map((ms) => costing(ms, small(true)));
    const others = Array.from({ length: 8 }, () => costing(120, small(false)));
    expect(FixedCost.of({ memoryBytes: 4 * GIB, switchovers: [...own, ...others] }).ms.middle).toBe(32);
    const few = own.slice(0, 2);
    expect(FixedCost.of({ memoryBytes: 4 * GIB, switchovers: [...few, ...others] }).ms.middle).toBe(120);
  });

  test('then those of its size', () => {
    const alike = [60, 62, 64].map((ms) => costing(ms, small(false)));
    const switchovers = [...alike, ...Array.from({ length: 5 }, () => costing(900, large))];
    expect(FixedCost.of({ memoryBytes: 2 * GIB, switchovers })).toMatchObject({
      seen: 3,
      ms: { middle: 62 },
    });
  });

  test('what a small one cost is scaled to a large one, which is not known as well', () => {
    const switchovers = [60, 60, 60].map((ms) => costing(ms, small(false)));
    const { ms, isLearned } = FixedCost.of({ memoryBytes: 1032 * GIB, switchovers });
    expect(isLearned).toBe(true);
    expect(ms.middle).toBeCloseTo(60 + 0.3 * 1024, 6);
    expect(ms.most).toBeCloseTo(60 + 5 + 1024, 6);
    expect(ms.low).toBeCloseTo(60 - 5 + 0.05 * 1024, 6);
  });

  test('and what a large one cost to a small one, never to less than nothing', () => {
    const of = (ms: number) =>
      FixedCost.of({ memoryBytes: 4 * GIB, switchovers: Array(3).fill(costing(ms, large)) }).ms;
    expect(of(400).middle).toBeCloseTo(400 - 0.3 * 1024, 6);
    expect(of(100)).toMatchObject({ low: 0, middle: 0 });
  });

  test('those of which no guest is told count as its own size', () =>
    expect(
      FixedCost.of({ memoryBytes: 1032 * GIB, switchovers: Array(3).fill(costing(300)) }).ms.middle,
    ).toBe(300));
});
