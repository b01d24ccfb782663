import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DirtyCurve } from './dirty-curve.ts';
import { exactly, type Interval } from './interval.ts';
import { fixedPoint, leastRest, nextRest, type PreCopy } from './pre-copy.ts';
import { bandwidths, cyclic, durations, type Guest, guests, together } from './testing/guests.ts';

const MB = 1e6;
const EXACT = { bytes: 0, relative: 0 };
const ROUNDING = 1 + 1e-7;

function watched(guest: Guest, durationsMs: readonly number[]): DirtyCurve {
  let curve = DirtyCurve.unobserved(guest.memoryBytes, EXACT);
  for (const durationMs of durationsMs)
    curve = curve.observe({ durationMs, bytes: guest.dirtied(durationMs) }).curve;
  return curve;
}

function expectWithin(value: number, { low, high }: Interval): void {
  expect(low).toBeLessThanOrEqual(value * ROUNDING + 1e-3);
  expect(high * ROUNDING + 1e-3).toBeGreaterThanOrEqual(value);
}

/** By whole passes from the whole memory, until they change no more. */
function simulatedFixedPoint(guest: Guest, bandwidth: number): number {
  let rest = guest.memoryBytes;
  for (let pass = 0; pass < 100_000; pass += 1) {
    const next = guest.dirtied((rest / bandwidth) * 1000);
    if (next > rest * (1 - 1e-12)) return next;
    rest = next;
  }
  return rest;
}

describe('the lab: 134 MB rewritten in a loop, 60 MB/s, 537 MB of memory', () => {
  const guest = together([cyclic(134 * MB, 500 * MB)], 403 * MB);
  const preCopy = { curve: watched(guest, [3600]), bandwidth: exactly(60 * MB) };

  test('one pass already tells that the next finds half of it at least', () => {
    // 134 MB take 2,233 ms: between 134 x 2233/3600 and 134.
    const next = nextRest(preCopy, exactly(134 * MB));
    expect(next.low / MB).toBeCloseTo(83.1, 1);
    expect(next.high / MB).toBeCloseTo(134, 1);
  });

  test('but not that it never converges: a slow and wide guest looks the same', () => {
    // 134 MB in 3.6 s is 37 MB/s, less than the link's 60.
    expect(fixedPoint(preCopy).low).toBe(0);
    expect(fixedPoint(preCopy).high / MB).toBeCloseTo(134, 1);
  });

  test('the second pass settles it', () => {
    const { curve } = preCopy.curve.observe({ durationMs: 2233, bytes: 134 * MB });
    const settled = fixedPoint({ ...preCopy, curve });
    expect(settled.low / MB).toBeCloseTo(134, 1);
    expect(settled.high / MB).toBeCloseTo(134, 1);
  });

  test('so does a probe of one second before the start', () => {
    const settled = fixedPoint({ ...preCopy, curve: watched(guest, [1000]) });
    expect(settled.low / MB).toBeCloseTo(134, 1);
    expect(settled.high / MB).toBeCloseTo(537, 1);
  });
});

describe('worked by hand', () => {
  test('the fixed point of a straight piece: 60 + 20·t MB meets 50·t MB at t = 2 s, 100 MB', () => {
    let curve = DirtyCurve.unobserved(512 * MB, EXACT);
    for (const [durationMs, bytes] of [
      [1000, 80 * MB],
      [2000, 100 * MB],
      [3000, 120 * MB],
    ] as const)
      curve = curve.observe({ durationMs, bytes }).curve;
    const settled = fixedPoint({ curve, bandwidth: exactly(50 * MB) });
    expect(settled.low / MB).toBeCloseTo(100, 5);
    expect(settled.high / MB).toBeCloseTo(100, 5);
  });

  test('a bandwidth between 40 and 50 MB/s: between 100 MB and where 60 + 20·t meets 40·t, 120 MB', () => {
    let curve = DirtyCurve.unobserved(512 * MB, EXACT);
    for (const seconds of [1, 2, 3, 4])
      curve = curve.observe({ durationMs: seconds * 1000, bytes: (60 + 20 * seconds) * MB }).curve;
    const settled = fixedPoint({ curve, bandwidth: { low: 40 * MB, high: 50 * MB } });
    expect(settled.low / MB).toBeCloseTo(100, 5);
    expect(settled.high / MB).toBeCloseTo(120, 5);
  });

  test('a guest slower than the link at each scale shrinks to nothing', () => {
    const curve = watched(cyclic(400 * MB, 30 * MB), [500, 1000, 4000]);
    const settled = fixedPoint({ curve, bandwidth: exactly(60 * MB) });
    expect(settled.low).toBe(0);
    expect(settled.high).toBeLessThan(1);
  });

  test('a rest that a pass leaves unsent is found again', () => {
    const curve = watched(cyclic(134 * MB, 500 * MB), [1000, 2000]);
    const next = nextRest({ curve, bandwidth: exactly(60 * MB) }, exactly(134 * MB), exactly(18 * MB));
    expect(next.low / MB).toBeCloseTo(134, 1);
    const small = nextRest({ curve, bandwidth: exactly(60 * MB) }, exactly(134 * MB), {
      low: 0,
      high: 134 * MB,
    });
    expect(small.low).toBe(0);
  });

  test('a link that carries nothing gives large figures and no infinite ones', () => {
    const preCopy = { curve: watched(cyclic(134 * MB, 500 * MB), [1000]), bandwidth: exactly(0) };
    expect(fixedPoint(preCopy).low).toBeCloseTo(134 * MB, 0);
    expect(nextRest(preCopy, exactly(10)).high).toBeCloseTo(134 * MB, 0);
    expect(leastRest(preCopy, exactly(134 * MB))).toBeGreaterThan(0);
  });
});

describe('for any guest, any observations and any bandwidth', () => {
  const times = fc.array(durations, { maxLength: 12 });

  test('the next boundaries lie in their intervals', () => {
    fc.assert(
      fc.property(guests, times, bandwidths, fc.nat(30), (guest, seen, bandwidth, passes) => {
        const preCopy = {
          curve: watched(guest, seen),
          bandwidth: { low: bandwidth * 0.9, high: bandwidth * 1.1 },
        };
        let rest = guest.memoryBytes;
        for (let pass = 0; pass < passes; pass += 1) {
          const next = guest.dirtied((rest / bandwidth) * 1000);
          expectWithin(next, nextRest(preCopy, exactly(rest)));
          rest = next;
        }
        expectWithin(rest, restAfter(preCopy, exactly(guest.memoryBytes), passes));
      }),
    );
  });

  test('so do those of passes that leave something unsent, however much of it was dirtied again', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(guests, times, bandwidths, share, share, (guest, seen, bandwidth, left, overlap) => {
        const preCopy = { curve: watched(guest, seen), bandwidth: exactly(bandwidth) };
        const rest = guest.memoryBytes * left;
        const unsent = rest * overlap;
        const dirtied = guest.dirtied(((rest - unsent) / bandwidth) * 1000);
        const union = Math.min(
          guest.memoryBytes,
          Math.max(unsent, dirtied) + overlap * Math.min(unsent, dirtied),
        );
        expectWithin(union, nextRest(preCopy, exactly(rest), { low: unsent / 2, high: unsent }));
      }),
    );
  });

  test('the fixed point lies in its interval', () => {
    fc.assert(
      fc.property(guests, times, bandwidths, (guest, seen, bandwidth) => {
        const settled = fixedPoint({
          curve: watched(guest, seen),
          bandwidth: { low: bandwidth * 0.9, high: bandwidth * 1.1 },
        });
        const truth = simulatedFixedPoint(guest, bandwidth);
        // Near D'(0) = B passes shrink ever more slowly, so the simulation ends above the truth.
        expect(settled.low).toBeLessThanOrEqual(truth * ROUNDING + 1e-3);
        const after = guest.dirtied(((settled.high * ROUNDING + 1e-3) / bandwidth) * 1000);
        expect(after).toBeLessThanOrEqual((settled.high * ROUNDING + 1e-3) * ROUNDING);
      }),
    );
  });

  test('many passes end in the interval of the fixed point', () => {
    fc.assert(
      fc.property(guests, times, bandwidths, (guest, seen, bandwidth) => {
        const preCopy = { curve: watched(guest, seen), bandwidth: exactly(bandwidth) };
        const settled = fixedPoint(preCopy);
        const far = restAfter(preCopy, exactly(guest.memoryBytes), 200);
        expect(far.low * ROUNDING + 1e-3).toBeGreaterThanOrEqual(settled.low);
        expect(far.high * ROUNDING + 1e-3).toBeGreaterThanOrEqual(settled.high);
      }),
    );
  });
});

describe('the least that is ever dirty', () => {
  test('is half of the fixed point where pages fill up evenly', () => {
    const curve = watched(together([cyclic(200 * MB, 80 * MB)]), [2500]);
    const preCopy = { curve, bandwidth: exactly(79.99 * MB) };
    expect(leastRest(preCopy, exactly(200 * MB)) / MB).toBeCloseTo(100, 0);
  });

  test('is nearly the fixed point for a small set that is rewritten quickly', () => {
    const curve = watched(cyclic(134 * MB, 1340 * MB), [100, 2000]);
    // 134 - 60 x 0.1 + 0.1² x 60²/(2 x 134)
    expect(leastRest({ curve, bandwidth: exactly(60 * MB) }, exactly(134 * MB)) / MB).toBeCloseTo(128.13, 1);
  });

  test('looks at no more of the curve than one sweep lasts', () => {
    let curve = DirtyCurve.unobserved(512 * MB, EXACT);
    for (const [durationMs, bytes] of [
      [2500, 100 * MB],
      [5000, 150 * MB],
      [10_000, 200 * MB],
    ] as const)
      curve = curve.observe({ durationMs, bytes }).curve;
    expect(leastRest({ curve, bandwidth: exactly(39.99 * MB) }, exactly(512 * MB)) / MB).toBeCloseTo(50, 1);
  });

  test('is half of a rest that is still below the fixed point', () => {
    const preCopy = { curve: watched(cyclic(134 * MB, 1340 * MB), [100]), bandwidth: exactly(60 * MB) };
    expect(leastRest(preCopy, exactly(40 * MB))).toBe(20 * MB);
  });

  test('holds at every moment of a sweep round pages that are written at random, in any order', () => {
    const pages = fc.array(fc.double({ min: -4, max: 3, noNaN: true }), { minLength: 5, maxLength: 80 });
    fc.assert(
      fc.property(
        pages,
        fc.double({ min: 0.02, max: 0.98, noNaN: true }),
        times(),
        (logRates, slowness, seen) => {
          const rates = logRates.map((power) => 10 ** power);
          const memoryBytes = rates.length;
          const guest: Guest = {
            name: 'pages',
            memoryBytes,
            dirtied: (ms) => rates.reduce((sum, rate) => sum - Math.expm1((-rate * ms) / 1000), 0),
          };
          const bandwidth = slowness * rates.reduce((sum, rate) => sum + rate, 0);
          const preCopy = { curve: watched(guest, seen), bandwidth: exactly(bandwidth) };
          const least = leastRest(preCopy, exactly(memoryBytes));
          expect(least).toBeLessThanOrEqual(fixedPoint(preCopy).low);

          // Nothing is sent yet, so every page is dirty; the sweep then sends of each what is expected to be dirty.
          const visitedAt = rates.map(() => Number.NEGATIVE_INFINITY);
          let now = 0;
          for (let round = 0; round < 8; round += 1) {
            for (const [page, rate] of rates.entries()) {
              now += -Math.expm1(-rate * (now - (visitedAt[page] ?? 0))) / bandwidth;
              visitedAt[page] = now;
              let dirty = 0;
              for (const [other, otherRate] of rates.entries())
                dirty -= Math.expm1(-otherRate * (now - (visitedAt[other] ?? 0)));
              // A page is sent at one instant here, and continuously in the formula: one page's worth apart.
              expect(dirty).toBeGreaterThanOrEqual(least - 1);
            }
          }
        },
      ),
    );
    function times() {
      return fc.array(durations, { minLength: 1, maxLength: 10 });
    }
  });
});

/** What is dirty after so many more whole passes. */
function restAfter(preCopy: PreCopy, rest: Interval, passes: number): Interval {
  let now = rest;
  for (let pass = 0; pass < passes; pass += 1) now = nextRest(preCopy, now);
  return now;
}
