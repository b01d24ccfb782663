import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DirtyCurve } from './dirty-curve.ts';
import { cyclic, type Guest, guests, logarithmic } from './testing/guests.ts';
import { transferMs } from './transfer.ts';
import { bestStop, costOf, type Expectation, firstStopWithin, type Worth } from './worthwhile.ts';

const MB = 1e6;
const EXACT = { bytes: 0, relative: 0 };
const WORTH: Worth = { exchangeRate: 5, freePauseMs: 300, maxPauseMs: 60_000 };

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

describe('the best stop', () => {
  test('is now where passes leave what they sent', () => {
    const expected = expecting(cyclic(200 * MB, 2000 * MB), 300, 3000);
    expect(bestStop(200 * MB, expected, WORTH)).toEqual({
      passes: 0,
      waitMs: 0,
      restBytes: 200 * MB,
      pauseMs: 2000,
    });
  });

  test('is after as many passes as halve the rest to a free pause', () => {
    // 400, 200, 100, 50, 25 MB: each pass takes half as long as the one before.
    const expected = expecting(cyclic(800 * MB, 50 * MB), 1, 8000);
    const stop = bestStop(400 * MB, expected, WORTH);
    expect(stop?.passes).toBe(4);
    expect(stop?.waitMs).toBeCloseTo(4000 + 2000 + 1000 + 500, 3);
    expect(stop?.pauseMs).toBeCloseTo(250, 3);
  });

  test('weighs: a pass that leaves 80 % is worth it from an exchange rate of 4 on', () => {
    // It takes 10 s and shortens the pause by 2 s, so that 10 = 2 + 2X.
    const expected = expecting(cyclic(800 * MB, 80 * MB), 10_000, 12_500);
    const passes = (exchangeRate: number) =>
      bestStop(1000 * MB, { ...expected, curve: onlyOnce(expected.curve) }, { ...WORTH, exchangeRate })
        ?.passes;
    expect(passes(3.9)).toBe(0);
    expect(passes(4.1)).toBe(1);
  });

  test('is none where no pause that is allowed is reached', () => {
    const expected = expecting(cyclic(200 * MB, 2000 * MB), 300, 3000);
    expect(bestStop(200 * MB, expected, { ...WORTH, maxPauseMs: 1900 })).toBeUndefined();
  });

  test('costs no more than any other within reach, and never exceeds the limit', () => {
    fc.assert(
      fc.property(guests, logarithmic(0.5, 50), logarithmic(300, 1e5), (guest, exchangeRate, maxPauseMs) => {
        const expected = expecting(guest, 300, 3000, 30_000);
        const worth = { ...WORTH, exchangeRate, maxPauseMs };
        const rest = guest.dirtied(10_000);
        const best = bestStop(rest, expected, worth);
        const now = { waitMs: 0, pauseMs: transferMs(rest, 100 * MB) };
        if (best) expect(best.pauseMs).toBeLessThanOrEqual(maxPauseMs);
        if (now.pauseMs <= maxPauseMs)
          expect(costOf(best ?? { waitMs: 1e12, pauseMs: 1e12 }, worth)).toBeLessThanOrEqual(
            costOf(now, worth),
          );
      }),
    );
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

/** Whatever is sent, 800 MB are found: one pass helps and the next does not. */
function onlyOnce(curve: DirtyCurve): DirtyCurve {
  return DirtyCurve.unobserved(curve.memoryBytes, EXACT).observe({ durationMs: 1, bytes: 800 * MB }).curve;
}
