import { describe, expect, test } from 'vitest';
import { DirtyCurve } from './dirty-curve.ts';
import { cyclic, type Guest } from './testing/guests.ts';
import { type Expectation, expectedPass, firstStopWithin } from './worthwhile.ts';

const MB = 1e6;
const EXACT = { bytes: 0, relative: 0 };

/** A guest whose curve is known at these durations, on a link of 100 MB/s whose switchover costs nothing else. */
function expecting(guest: Guest, ...durationsMs: number[]): Expectation {
  let curve = DirtyCurve.unobserved(guest.memoryBytes, EXACT);
  for (const durationMs of durationsMs)
    curve = curve.observe({ durationMs, bytes: guest.dirtied(durationMs) }).curve;
  return {
    curve,
    bytesPerSecond: 100 * MB,
    lineBytesPerSecond: 100 * MB,
    fixedCostMs: 0,
    unsentBytes: 0,
    writtenBytes: 0,
  };
}

describe('a pass', () => {
  const expected = { ...expecting(cyclic(200 * MB, 20 * MB), 1000), unsentBytes: 30 * MB };

  test('ends at a look of QEMU, with no more unsent than the limit has room for', () => {
    // 52 MB until 30 MB are left: 520 ms, and the next look is at 550 ms.
    const { durationMs, restBytes } = expectedPass(82 * MB, { ...expected, writtenBytes: 200 * MB });
    expect(durationMs).toBeCloseTo(550);
    // 27 MB of 200 MB are unsent, and of the rest 11 MB are dirtied.
    const { low, high } = expected.curve.at(550);
    expect(restBytes / MB).toBeCloseTo(27 + ((low + high) / 2 / MB) * (1 - 27 / 200), 6);
  });

  test('sends for a look at the least, and never more than there is', () => {
    expect(expectedPass(25 * MB, expected).durationMs).toBeCloseTo(50);
    expect(expectedPass(2 * MB, expected).durationMs).toBeCloseTo(20);
  });

  test('of a guest at the roof of the bracket leaves more than of one at its floor', () => {
    const leaves = (share: number) => expectedPass(150 * MB, { ...expected, share }).restBytes;
    expect(leaves(0)).toBeLessThan(leaves(1));
    expect(leaves(0.5)).toBeCloseTo((leaves(0) + leaves(1)) / 2, 0);
  });
});

test('the first stop within a limit takes as many passes as it takes', () => {
  const halving = expecting(cyclic(800 * MB, 50 * MB), 1, 8000);
  expect(firstStopWithin(1001, 400 * MB, halving)?.passes).toBe(2);
  expect(firstStopWithin(4001, 400 * MB, halving)).toEqual({
    passes: 0,
    waitMs: 0,
    restBytes: 400 * MB,
    pauseMs: 4000,
  });
  expect(firstStopWithin(300, 200 * MB, expecting(cyclic(200 * MB, 2000 * MB), 300, 3000))).toBeUndefined();
});
