/** What the curve may say of any guest, and how little it needs to be told: one list, hence a little over 300 lines. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DirtyCurve, type Tolerance } from './dirty-curve.ts';
import { cyclic, durations, type Guest, guests, together, uniform } from './testing/guests.ts';

const MB = 1e6;
const EXACT: Tolerance = { bytes: 0, relative: 0 };
const ROUNDING = 1 + 1e-8;

function learned(memoryBytes: number, points: [durationMs: number, bytes: number][], tolerance = EXACT) {
  let curve = DirtyCurve.unobserved(memoryBytes, tolerance);
  for (const [durationMs, bytes] of points) curve = curve.observe({ durationMs, bytes }).curve;
  return curve;
}

function watched(guest: Guest, durationsMs: readonly number[], tolerance = EXACT) {
  return learned(
    guest.memoryBytes,
    durationsMs.map((ms) => [ms, guest.dirtied(ms)]),
    tolerance,
  );
}

describe('worked by hand', () => {
  test('before any observation: between nothing and the whole memory', () => {
    const curve = DirtyCurve.unobserved(512 * MB);
    expect(curve.at(1000)).toEqual({ low: 0, high: 512 * MB });
    expect(curve.at(0)).toEqual({ low: 0, high: 0 });
  });

  test('one observation gives the two plain brackets', () => {
    const curve = learned(512 * MB, [[2000, 100 * MB]]);
    expect(curve.lower(500)).toBeCloseTo(25 * MB, -1);
    expect(curve.upper(500)).toBeCloseTo(100 * MB, -1);
    expect(curve.lower(2000)).toBeCloseTo(100 * MB, -1);
    expect(curve.upper(2000)).toBeCloseTo(100 * MB, -1);
    expect(curve.lower(6000)).toBeCloseTo(100 * MB, -1);
    expect(curve.upper(6000)).toBeCloseTo(300 * MB, -1);
    expect(curve.upper(60_000)).toBe(512 * MB);
  });

  test('between two observations the chord holds it up, the line from the origin and the later one down', () => {
    const curve = learned(512 * MB, [
      [1000, 80 * MB],
      [3000, 120 * MB],
    ]);
    // The chord from 80 to 120; the plain bracket says 80.
    expect(curve.lower(2000)).toBeCloseTo(100 * MB, -1);
    expect(curve.upper(1250)).toBeCloseTo(100 * MB, -1);
    expect(curve.upper(2000)).toBeCloseTo(120 * MB, -1);
  });

  test('beyond both, and before both, the line through them holds it down', () => {
    const curve = learned(512 * MB, [
      [1000, 80 * MB],
      [3000, 120 * MB],
    ]);
    // 20 MB/s on from 120; the plain bracket says 40 MB/s on: 240 MB.
    expect(curve.upper(6000)).toBeCloseTo(180 * MB, -1);
    // Back from 80 at 20 MB/s; the plain bracket says 80 MB.
    expect(curve.upper(500)).toBeCloseTo(70 * MB, -1);
    expect(curve.lower(500)).toBeCloseTo(40 * MB, -1);
  });

  test('three observations: two lines meet between the second and the third', () => {
    const curve = learned(512 * MB, [
      [1000, 60 * MB],
      [2000, 90 * MB],
      [4000, 120 * MB],
      [6000, 130 * MB],
    ]);
    // On from the first two: 90 + 30 = 120; back from the last two: 120 - 5 = 115.
    expect(curve.upper(3000)).toBeCloseTo(115 * MB, -1);
    expect(curve.upper(2500)).toBeCloseTo(105 * MB, -1);
    expect(curve.lower(3000)).toBeCloseTo(105 * MB, -1);
  });

  test('what a pass left unsent may not have been dirtied in it', () => {
    const { curve } = DirtyCurve.unobserved(512 * MB, EXACT).observe({
      durationMs: 2000,
      bytes: 144 * MB,
      unsentBytes: 18 * MB,
    });
    expect(curve.lower(2000)).toBeCloseTo(126 * MB, -1);
    expect(curve.upper(2000)).toBeCloseTo(144 * MB, -1);
  });

  test('an observation over no time says nothing', () => {
    const curve = DirtyCurve.unobserved(512 * MB);
    for (const durationMs of [0, -1, Number.NaN])
      expect(curve.observe({ durationMs, bytes: 10 }).curve).toBe(curve);
    expect(curve.observe({ durationMs: 10, bytes: Number.NaN }).curve).toBe(curve);
  });

  test('an observation that the others imply changes nothing', () => {
    const curve = learned(512 * MB, [[2000, 100 * MB]], { bytes: MB, relative: 0.05 });
    expect(
      learned(
        512 * MB,
        [
          [2000, 100 * MB],
          [2000, 100 * MB],
        ],
        curve.tolerance,
      ),
    ).toEqual(curve);
  });

  test('of many passes of one length only the largest and the smallest count', () => {
    const passes = [96, 100, 98, 93, 91, 95].map((megabytes): [number, number] => [2000, megabytes * MB]);
    const curve = learned(512 * MB, passes, { bytes: 0, relative: 0.1 });
    expect(curve.restsOn.map(({ bytes }) => bytes / MB)).toEqual([91, 100]);
    expect(curve.lower(2000)).toBeCloseTo(90 * MB, -1);
    expect(curve.upper(2000)).toBeCloseTo(100.1 * MB, -1);
  });

  test('values are immutable', () => {
    const curve = learned(512 * MB, [[2000, 100 * MB]]);
    curve.observe({ durationMs: 500, bytes: 90 * MB });
    expect(curve.lower(500)).toBeCloseTo(25 * MB, -1);
  });
});

describe('a change of phase', () => {
  test('more than the bracket allows: begins anew and says what was expected', () => {
    const { curve, phaseChange } = learned(512 * MB, [[2000, 100 * MB]]).observe({
      durationMs: 1000,
      bytes: 130 * MB,
    });
    expect(phaseChange?.expectedBytes.high).toBeCloseTo(100 * MB, -1);
    expect(phaseChange?.foundBytes.low).toBeCloseTo(130 * MB, -1);
    expect(curve.lower(2000)).toBeCloseTo(130 * MB, -1);
    expect(curve.upper(2000)).toBeCloseTo(260 * MB, -1);
  });

  test('less than the bracket allows is one too', () => {
    const found = learned(512 * MB, [[2000, 100 * MB]]).observe({ durationMs: 1000, bytes: 40 * MB });
    expect(found.phaseChange).toBeDefined();
    expect(found.curve.upper(1000)).toBeCloseTo(40 * MB, -1);
  });

  test('within the tolerance of measuring it is none', () => {
    const curve = learned(512 * MB, [[2000, 133 * MB]], { bytes: MB, relative: 0.05 });
    expect(curve.observe({ durationMs: 2000, bytes: 140 * MB }).phaseChange).toBeUndefined();
    expect(curve.observe({ durationMs: 2000, bytes: 160 * MB }).phaseChange).toBeDefined();
  });

  test('a working set that grows by half is seen at the next pass', () => {
    const before = watched(together([cyclic(100 * MB, 400 * MB)], 400 * MB), [1800, 1700], {
      bytes: MB,
      relative: 0.05,
    });
    const after = cyclic(150 * MB, 400 * MB);
    const found = before.observe({ durationMs: 1700, bytes: after.dirtied(1700) });
    expect(found.phaseChange).toBeDefined();
  });

  test('any new workload whose curve has left the bracket is seen, any within it is not', () => {
    fc.assert(
      fc.property(
        guests,
        guests,
        fc.array(durations, { minLength: 1, maxLength: 10 }),
        durations,
        (before, after, times, now) => {
          const memoryBytes = Math.max(before.memoryBytes, after.memoryBytes);
          const curve = watched({ ...before, memoryBytes }, times);
          const bytes = after.dirtied(now);
          const { phaseChange, curve: anew } = curve.observe({ durationMs: now, bytes });
          if (bytes > curve.upper(now) * ROUNDING || bytes * ROUNDING < curve.lower(now)) {
            expect(phaseChange).toBeDefined();
            expect(anew).toEqual(watched({ ...after, memoryBytes }, [now]));
          } else if (bytes <= curve.upper(now) && bytes >= curve.lower(now))
            expect(phaseChange).toBeUndefined();
        },
      ),
    );
  });
});

describe('for any guest and any observations of it', () => {
  const observedGuest = fc.tuple(guests, fc.array(durations, { maxLength: 60 }));

  test('the bracket holds the truth at every time, and no observation looks like a change', () => {
    fc.assert(
      fc.property(
        observedGuest,
        fc.array(durations, { minLength: 20, maxLength: 20 }),
        ([guest, times], asked) => {
          let curve = DirtyCurve.unobserved(guest.memoryBytes, EXACT);
          for (const durationMs of times) {
            const { phaseChange, curve: next } = curve.observe({
              durationMs,
              bytes: guest.dirtied(durationMs),
            });
            expect(phaseChange).toBeUndefined();
            curve = next;
          }
          for (const t of [...asked, ...times]) {
            expect(curve.lower(t)).toBeLessThanOrEqual(guest.dirtied(t) * ROUNDING);
            expect(curve.upper(t) * ROUNDING).toBeGreaterThanOrEqual(guest.dirtied(t));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('with measurements off by as much as the tolerance allows too', () => {
    const tolerance = { bytes: MB, relative: 0.05 };
    const noisy = fc.array(fc.tuple(durations, fc.double({ min: -1, max: 1, noNaN: true })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(guests, noisy, fc.array(durations, { minLength: 20 }), (guest, measured, asked) => {
        let curve = DirtyCurve.unobserved(guest.memoryBytes, tolerance);
        for (const [durationMs, off] of measured) {
          const truth = guest.dirtied(durationMs);
          // The tolerance is of what was measured, so the truth is within it of that.
          const bytes = Math.min(
            guest.memoryBytes,
            Math.max(0, (truth + off * tolerance.bytes) / (1 - off * tolerance.relative)),
          );
          const { phaseChange, curve: next } = curve.observe({ durationMs, bytes });
          expect(phaseChange).toBeUndefined();
          curve = next;
        }
        for (const t of asked) {
          expect(curve.lower(t)).toBeLessThanOrEqual(guest.dirtied(t) * ROUNDING);
          expect(curve.upper(t) * ROUNDING).toBeGreaterThanOrEqual(guest.dirtied(t));
        }
      }),
    );
  });

  test('each observation narrows the bracket or leaves it', () => {
    // Up to as many as are all kept: beyond them thinning may widen it a little.
    const few = fc.array(durations, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(guests, few, durations, durations, (guest, times, more, t) => {
        const before = watched(guest, times);
        const after = before.observe({ durationMs: more, bytes: guest.dirtied(more) }).curve;
        expect(after.lower(t) * ROUNDING).toBeGreaterThanOrEqual(before.lower(t));
        expect(after.upper(t)).toBeLessThanOrEqual(before.upper(t) * ROUNDING);
      }),
    );
  });

  test('both bounds are the best possible: a curve through any value between them fits all that was seen', () => {
    const few = fc.array(durations, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        guests,
        few,
        durations,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (guest, times, t, share) => {
          const curve = watched(guest, times, { bytes: 0, relative: 0.02 });
          const { low, high } = curve.at(t);
          const exact = DirtyCurve.unobserved(guest.memoryBytes, EXACT).observe({
            durationMs: t,
            bytes: low + share * (high - low),
          });
          // The hull of that value and of the floors is such a curve if it breaks no ceiling.
          let hull = exact.curve;
          for (const { durationMs, bytes } of curve.vertices)
            if (bytes > hull.lower(durationMs)) hull = hull.observe({ durationMs, bytes }).curve;
          for (const durationMs of times)
            expect(hull.lower(durationMs)).toBeLessThanOrEqual(guest.dirtied(durationMs) * 1.02 * ROUNDING);
        },
      ),
    );
  });

  test('never NaN, never infinite, never crossed, whatever is observed', () => {
    const anything = fc.array(
      fc.record({ durationMs: fc.double(), bytes: fc.double(), unsentBytes: fc.double({ noNaN: true }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(anything, fc.array(fc.double()), (observations, asked) => {
        let curve = DirtyCurve.unobserved(1e12, EXACT);
        for (const observation of observations) curve = curve.observe(observation).curve;
        for (const t of asked) {
          const { low, high } = curve.at(t);
          expect(Number.isFinite(low) && Number.isFinite(high)).toBe(true);
          expect(low).toBeLessThanOrEqual(high);
          expect(low).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

test('a thousand observations cost no more than a few, and the bracket stays narrow', () => {
  const guest = uniform(400 * MB, 300 * MB);
  const times = Array.from({ length: 1000 }, (_, n) => 10 * 1.01 ** n);
  const curve = watched(guest, times);
  expect(curve.vertices.length).toBeLessThanOrEqual(24);
  for (const t of [15, 100, 1234, 5000, 30_000]) {
    expect(curve.lower(t) / guest.dirtied(t)).toBeGreaterThan(0.97);
    expect(curve.upper(t) / guest.dirtied(t)).toBeLessThan(1.03);
  }
});
