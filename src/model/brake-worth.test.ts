import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bestBrake } from './brake-worth.ts';
import { DirtyCurve } from './dirty-curve.ts';
import { cyclic, type Guest, guests, logarithmic } from './testing/guests.ts';
import { costOf, type Expectation, stopsFrom, type Worth } from './worthwhile.ts';

const MB = 1e6;
const WORTH: Worth = { exchangeRate: 5, freePauseMs: 300, maxPauseMs: 60_000 };
const PRICE = { brownOutPrice: 2, longestMs: 10_000 };

/** A guest whose curve is known at these durations, on a link of 100 MB/s whose switchover costs nothing else. */
function expecting(guest: Guest, ...durationsMs: number[]): Expectation {
  let curve = DirtyCurve.unobserved(guest.memoryBytes, { bytes: 0, relative: 0 });
  for (const durationMs of durationsMs)
    curve = curve.observe({ durationMs, bytes: guest.dirtied(durationMs) }).curve;
  return {
    ...{ curve, bytesPerSecond: 100 * MB, lineBytesPerSecond: 100 * MB },
    ...{ fixedCostMs: 0, unsentBytes: 0, writtenBytes: 0 },
  };
}

/** It writes 200 MB over and over, ten times as fast as the link carries it. */
const FAST = expecting(cyclic(200 * MB, 1000 * MB), 10, 100, 3000);

describe('the best brake', () => {
  test('is at once, and hard, where passes leave what they sent', () => {
    const brake = bestBrake(200 * MB, FAST, WORTH, PRICE);
    // In the 2 s of the pass it runs for 20 ms and writes 20 MB.
    expect(brake).toMatchObject({ passes: 0, throttlePercent: 99, brownOutMs: 2000 });
    expect(brake?.pauseMs).toBeCloseTo(200, 3);
    // 2 s, twice that for being slowed down by 99 %, 0.2 s of pause, and the free pause five times.
    expect(brake?.costMs).toBeCloseTo(2000 + 2 * 0.99 * 2000 + 200 + 5 * 300, 3);
  });

  test('comes after the passes that shrink the rest by themselves', () => {
    const brake = bestBrake(600 * MB, FAST, WORTH, PRICE);
    expect(brake).toMatchObject({ passes: 1, waitMs: 6000 });
    expect(brake?.brownOutMs).toBeCloseTo(2000, 3);
  });

  test('is a light one where that is enough', () => {
    // 90 MB in a second, slowed to a half 45 MB: within 500 ms.
    const nearly = expecting(cyclic(2000 * MB, 90 * MB), 100, 500, 1000, 10_000);
    const brake = bestBrake(1000 * MB, nearly, { ...WORTH, freePauseMs: 6000 }, PRICE);
    expect(brake?.throttlePercent).toBe(50);
  });

  test('is none that would last too long, or leave more than is allowed', () => {
    expect(bestBrake(200 * MB, FAST, WORTH, { ...PRICE, longestMs: 900 })).toBeUndefined();
    const flatOut = expecting(cyclic(200 * MB, 100_000 * MB), 10, 100, 3000);
    expect(bestBrake(200 * MB, flatOut, { ...WORTH, maxPauseMs: 500 }, PRICE)).toBeUndefined();
  });

  test('never pays where a second of brown-out is worth as much as one of pause', () =>
    fc.assert(
      fc.property(guests, logarithmic(1.1, 50), logarithmic(0.2, 5), (guest, exchangeRate, share) => {
        const expected = expecting(guest, 300, 3000, 30_000);
        const worth = { ...WORTH, exchangeRate, freePauseMs: 0 };
        const rest = share * guest.dirtied(3000);
        const brake = bestBrake(rest, expected, worth, { brownOutPrice: exchangeRate / 0.5, longestMs: 1e9 });
        const costs = [...stopsFrom(rest, expected)]
          .filter(({ pauseMs }) => pauseMs <= worth.maxPauseMs)
          .map((stop) => costOf(stop, worth));
        if (brake && costs.length > 0) expect(brake.costMs).toBeGreaterThanOrEqual(Math.min(...costs) - 1e-6);
      }),
    ));
});
