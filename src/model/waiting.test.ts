import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DirtyCurve } from './dirty-curve.ts';
import { exactly } from './interval.ts';
import { bandwidths, cyclic, durations, guests, logarithmic } from './testing/guests.ts';
import { waitUntilFits } from './waiting.ts';

const MB = 1e6;
const EXACT = { bytes: 0, relative: 0 };

test('a guest that dirties half as fast as the link sends halves with each pass', () => {
  const guest = cyclic(800 * MB, 50 * MB);
  const { curve } = DirtyCurve.unobserved(800 * MB, EXACT).observe({
    durationMs: 8000,
    bytes: guest.dirtied(8000),
  });
  const preCopy = { curve, bandwidth: exactly(100 * MB) };
  const { soonest } = waitUntilFits(preCopy, exactly(400 * MB), exactly(101 * MB));
  // 400 MB, then 200, then 100.
  expect(soonest?.passes).toBe(2);
  expect(soonest?.durationMs).toBeCloseTo(6000, 0);
  expect((soonest?.sentBytes ?? 0) / MB).toBeCloseTo(600, 3);
});

test('nothing to wait for', () => {
  const preCopy = { curve: DirtyCurve.unobserved(800 * MB), bandwidth: exactly(100 * MB) };
  const now = { passes: 0, durationMs: 0, sentBytes: 0 };
  expect(waitUntilFits(preCopy, exactly(10), exactly(10))).toEqual({ soonest: now, latest: now });
});

test('simulated passes take at least the soonest and at most the latest wait', () => {
  const seenDurations = fc.array(durations, { maxLength: 8 });
  fc.assert(
    fc.property(guests, seenDurations, bandwidths, logarithmic(0.001, 1), (guest, seen, bandwidth, share) => {
      let curve = DirtyCurve.unobserved(guest.memoryBytes, EXACT);
      for (const durationMs of seen)
        curve = curve.observe({ durationMs, bytes: guest.dirtied(durationMs) }).curve;
      const preCopy = { curve, bandwidth: { low: bandwidth * 0.9, high: bandwidth * 1.1 } };
      const fits = guest.memoryBytes * share;
      const { soonest, latest } = waitUntilFits(preCopy, exactly(guest.memoryBytes), {
        low: fits * (1 - 1e-7),
        high: fits * (1 + 1e-7),
      });

      let rest = guest.memoryBytes;
      let passes = 0;
      let durationMs = 0;
      for (; passes <= 50 && rest > fits; passes += 1) {
        durationMs += (rest / bandwidth) * 1000;
        rest = guest.dirtied((rest / bandwidth) * 1000);
      }
      if (rest > fits) {
        expect(latest).toBeUndefined();
        return;
      }
      expect(soonest?.passes).toBeLessThanOrEqual(passes);
      expect(soonest?.durationMs).toBeLessThanOrEqual(durationMs * (1 + 1e-7));
      if (!latest) return;
      expect(latest.passes).toBeGreaterThanOrEqual(passes);
      expect(latest.durationMs * (1 + 1e-7)).toBeGreaterThanOrEqual(durationMs);
    }),
  );
});
