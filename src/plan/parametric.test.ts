import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DirtyCurve } from '../model/dirty-curve.ts';
import { cyclic, durations, type Guest, guests, together, uniform } from '../model/testing/guests.ts';
import { estimateCurve } from './parametric.ts';

const MB = 1e6;

function watched(guest: Guest, durationsMs: readonly number[], relative = 0): DirtyCurve {
  let curve = DirtyCurve.unobserved(guest.memoryBytes, { bytes: 0, relative });
  for (const durationMs of durationsMs)
    curve = curve.observe({ durationMs, bytes: guest.dirtied(durationMs) }).curve;
  return curve;
}

describe('shapes are found again', () => {
  test('cyclic: from the ramp and the plateau', () => {
    const estimate = estimateCurve(
      watched(together([cyclic(134 * MB, 80 * MB)], 400 * MB), [300, 1000, 2200, 3600]),
    );
    expect(estimate.family).toBe('cyclic');
    expect(estimate.fit?.parts[0]?.workingSetBytes).toBeCloseTo(134 * MB, -2);
    expect(estimate.fit?.parts[0]?.writeBytesPerSecond).toBeCloseTo(80 * MB, -2);
    expect(estimate.bytesWithin(1500)).toBeCloseTo(120 * MB, -2);
  });

  test('cyclic on the ramp only: straight on, to the end of the memory', () => {
    const estimate = estimateCurve(watched(cyclic(400 * MB, 50 * MB), [500, 1000]));
    expect(estimate.bytesWithin(4000)).toBeCloseTo(200 * MB, -2);
    expect(estimate.bytesWithin(100_000)).toBe(400 * MB);
  });

  test('cyclic on the plateau only: flat, and between the bounds before', () => {
    const curve = watched(together([cyclic(134 * MB, 500 * MB)], 400 * MB), [1000, 2000, 3600]);
    const estimate = estimateCurve(curve);
    expect(estimate.bytesWithin(10_000)).toBeCloseTo(134 * MB, -2);
    expect(estimate.bytesWithin(250)).toBeCloseTo(67 * MB, -3);
  });

  test('uniform', () => {
    const guest = together([uniform(300 * MB, 150 * MB)], 200 * MB);
    const estimate = estimateCurve(watched(guest, [500, 1500, 4000, 9000]));
    expect(estimate.family).toBe('uniform');
    expect(Math.abs((estimate.fit?.parts[0]?.workingSetBytes ?? 0) / (300 * MB) - 1)).toBeLessThan(0.01);
    for (const t of [700, 3000, 20_000])
      expect(Math.abs(estimate.bytesWithin(t) / guest.dirtied(t) - 1)).toBeLessThan(0.01);
  });

  test('hot and cold', () => {
    const guest = together([uniform(50 * MB, 500 * MB), uniform(2000 * MB, 40 * MB)], 2000 * MB);
    const estimate = estimateCurve(watched(guest, [100, 300, 1000, 4000, 15_000, 60_000]));
    expect(estimate.family).toBe('hot-cold');
    for (const t of [200, 2000, 8000, 30_000])
      expect(Math.abs(estimate.bytesWithin(t) / guest.dirtied(t) - 1)).toBeLessThan(0.03);
    // Twice as far as anything was seen.
    expect(Math.abs(estimate.bytesWithin(120_000) / guest.dirtied(120_000) - 1)).toBeLessThan(0.2);
  });
});

test('one time scale tells no shape: the middle of the bracket', () => {
  const estimate = estimateCurve(watched(together([cyclic(134 * MB, 500 * MB)], 403 * MB), [2200]));
  expect(estimate.family).toBe('middle-of-bracket');
  expect(estimate.fit).toBeUndefined();
  expect(estimate.bytesWithin(1100)).toBeCloseTo(134 * 0.75 * MB, -2);
  expect(estimateCurve(DirtyCurve.unobserved(100)).bytesWithin(5)).toBe(50);
});

describe('for any guest and any observations', () => {
  test('the estimate is finite and within the bracket', () => {
    fc.assert(
      fc.property(
        guests,
        fc.array(durations, { maxLength: 40 }),
        fc.array(durations),
        (guest, times, asked) => {
          const curve = watched(guest, times, 0.02);
          const estimate = estimateCurve(curve);
          for (const t of asked) {
            expect(estimate.bytesWithin(t)).toBeGreaterThanOrEqual(curve.lower(t));
            expect(estimate.bytesWithin(t)).toBeLessThanOrEqual(curve.upper(t));
          }
          for (const { workingSetBytes, writeBytesPerSecond } of estimate.fit?.parts ?? []) {
            expect(workingSetBytes).toBeGreaterThan(0);
            expect(Number.isFinite(workingSetBytes)).toBe(true);
            expect(writeBytesPerSecond).toBeGreaterThan(0);
            expect(Number.isFinite(writeBytesPerSecond)).toBe(true);
          }
        },
      ),
    );
  });

  test('between seen durations nine estimates in ten are within 3 %, 99 in a hundred within 15 %', () => {
    const seen = [30, 100, 300, 1000, 3000, 10_000, 30_000];
    const errors = fc.sample(guests, { numRuns: 1000, seed: 1 }).flatMap((guest) => {
      const estimate = estimateCurve(watched(guest, seen));
      return [55, 170, 550, 1700, 5500, 17_000].map((t) =>
        Math.abs(estimate.bytesWithin(t) / guest.dirtied(t) - 1),
      );
    });
    errors.sort((a, b) => a - b);
    expect(errors[errors.length * 0.9]).toBeLessThan(0.03);
    expect(errors[errors.length * 0.99]).toBeLessThan(0.15);
  });
});
