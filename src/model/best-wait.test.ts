import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bestWait } from './best-wait.ts';
import { DirtyCurve } from './dirty-curve.ts';
import { cyclic, type Guest, guests, logarithmic } from './testing/guests.ts';
import { costOf, type Expectation, expectedPauseMs, type Worth } from './worthwhile.ts';

const MB = 1e6;
const EXACT = { bytes: 0, relative: 0 };
const WORTH: Worth = { exchangeRate: 5, freePauseMs: 300, maxPauseMs: 60_000 };

function curveOf(guest: Guest, ...durationsMs: number[]): DirtyCurve {
  let curve = DirtyCurve.unobserved(guest.memoryBytes, EXACT);
  for (const durationMs of durationsMs)
    curve = curve.observe({ durationMs, bytes: guest.dirtied(durationMs) }).curve;
  return curve;
}

/** A guest whose curve is known at these durations, on a link of 100 MB/s whose switchover costs nothing else. */
function expecting(guest: Guest, ...durationsMs: number[]): Expectation {
  return {
    ...{ curve: curveOf(guest, ...durationsMs), bytesPerSecond: 100 * MB, lineBytesPerSecond: 100 * MB },
    ...{ fixedCostMs: 0, unsentBytes: 0, writtenBytes: guest.memoryBytes },
  };
}

describe('the best wait', () => {
  test('is none where passes leave what they sent', () => {
    expect(bestWait(200 * MB, expecting(cyclic(200 * MB, 2000 * MB), 300, 3000), WORTH)).toBeUndefined();
  });

  test('is for as many whole passes as halve the rest to a free pause', () => {
    const wait = bestWait(400 * MB, expecting(cyclic(800 * MB, 50 * MB), 1, 2000, 8000), WORTH);
    expect(wait?.limitMs).toBeLessThan(400);
    expect(wait?.pauseMs).toBeLessThan(400);
    expect(wait?.passes).toBeGreaterThanOrEqual(3);
    expect(wait?.waitMs).toBeLessThan(8000);
  });

  test('is for a pause that comes soon where whole passes would leave hardly less', () => {
    // Within 0.3 s all of it is dirty; what is left unsent for a while is as good as any of it.
    const expected = expecting(cyclic(200 * MB, 190 * MB), 300, 1100, 3000);
    const wait = bestWait(300 * MB, expected, WORTH);
    expect(wait?.limitMs).toBeGreaterThan(1000);
    expect(wait?.waitMs).toBeLessThan(3000);
  });

  test('has to save more than a little', () => {
    // Soon all of 200 MB is dirty, and of that little is saved, however long it is waited for.
    const expected = expecting(cyclic(200 * MB, 150 * MB), 300, 1000, 2000);
    const wait = (exchangeRate: number) => bestWait(200 * MB, expected, { ...WORTH, exchangeRate });
    expect(wait(1)).toBeUndefined();
    expect(wait(20)).toBeDefined();
  });

  test('is longer where the guest was seen to be calmer', () => {
    const busy = expecting(cyclic(200 * MB, 2000 * MB), 300, 3000);
    const calm = curveOf(cyclic(200 * MB, 1 * MB), 300);
    expect(bestWait(200 * MB, busy, WORTH)).toBeUndefined();
    expect(bestWait(200 * MB, { ...busy, otherPhases: [calm] }, WORTH)).toBeDefined();
    // And not where it was busier.
    const busier = curveOf(cyclic(400 * MB, 2000 * MB), 300);
    expect(bestWait(200 * MB, { ...busy, otherPhases: [busier] }, WORTH)).toBeUndefined();
  });

  test('is for a pass more where only one thing is known of the guest', () => {
    const guest = cyclic(140 * MB, 130 * MB);
    expect(bestWait(140 * MB, expecting(guest, 4000), WORTH)).toBeDefined();
    expect(bestWait(140 * MB, expecting(guest, 900, 4000), WORTH)).toBeUndefined();
  });

  test('is none where no pause that is allowed is reached', () => {
    const expected = expecting(cyclic(200 * MB, 2000 * MB), 300, 3000);
    expect(bestWait(200 * MB, expected, { ...WORTH, maxPauseMs: 1900 })).toBeUndefined();
  });

  test('costs no more than stopping now, and is for a pause that is allowed', () => {
    fc.assert(
      fc.property(guests, logarithmic(0.5, 50), logarithmic(300, 1e5), (guest, exchangeRate, maxPauseMs) => {
        const expected = expecting(guest, 300, 3000, 30_000);
        const worth = { ...WORTH, exchangeRate, maxPauseMs };
        const rest = guest.dirtied(10_000);
        const wait = bestWait(rest, expected, worth);
        if (!wait) return;
        const nowMs = expectedPauseMs(rest, expected);
        expect(wait.pauseMs).toBeLessThanOrEqual(maxPauseMs);
        expect(wait.limitMs).toBeLessThanOrEqual(maxPauseMs);
        if (nowMs <= maxPauseMs)
          expect(costOf(wait, worth)).toBeLessThanOrEqual(costOf({ waitMs: 0, pauseMs: nowMs }, worth));
      }),
    );
  });
});
