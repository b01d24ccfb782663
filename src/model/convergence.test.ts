import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convergence } from './convergence.ts';
import { DirtyCurve } from './dirty-curve.ts';
import { exactly } from './interval.ts';
import { pauseMs, restWithinPause } from './switchover-pause.ts';
import {
  bandwidths,
  cyclic,
  durations,
  type Guest,
  guests,
  logarithmic,
  together,
} from './testing/guests.ts';

const MB = 1e6;
const COST = { lineRate: exactly(60 * MB), fixedCostMs: exactly(50) };

function watched(guest: Guest, durationsMs: readonly number[]): DirtyCurve {
  let curve = DirtyCurve.unobserved(guest.memoryBytes, { bytes: 0, relative: 0 });
  for (const durationMs of durationsMs)
    curve = curve.observe({ durationMs, bytes: guest.dirtied(durationMs) }).curve;
  return curve;
}

describe('the pause', () => {
  test('is the rest over the line rate, plus the fixed cost', () => {
    expect(pauseMs(exactly(133 * MB), COST).low).toBeCloseTo(2266.7, 1);
    expect(pauseMs(exactly(0), COST)).toEqual({ low: 50, high: 50 });
    const unsure = { lineRate: { low: 50 * MB, high: 100 * MB }, fixedCostMs: { low: 20, high: 100 } };
    expect(pauseMs(exactly(100 * MB), unsure)).toEqual({ low: 1020, high: 2100 });
  });

  test('what fits into it is the same turned round', () => {
    const fits = restWithinPause(300, COST);
    expect(pauseMs(fits, COST).high).toBeCloseTo(300);
    expect(restWithinPause(40, COST)).toEqual({ low: 0, high: 0 });
  });
});

describe('the lab: 134 MB rewritten in a loop, 60 MB/s', () => {
  const guest = together([cyclic(134 * MB, 500 * MB)], 403 * MB);
  const at = (durationsMs: number[], limitMs: number) =>
    convergence(
      { curve: watched(guest, durationsMs), bandwidth: exactly(60 * MB) },
      COST,
      exactly(durationsMs.length === 1 ? 537 * MB : 134 * MB),
      limitMs,
    );

  test('a probe of a second proves before the start that 300 ms are out of reach', () => {
    const found = at([1000], 300);
    expect(found.verdict).toBe('certainly-not');
    expect(found.leastPauseMs.low).toBeCloseTo(2283, 0);
  });

  test('two passes prove that 5 s are within it', () => {
    expect(at([3600, 2233], 5000).verdict).toBe('certainly');
  });

  test('just under the fixed point is left open: an early sync may find less than a whole pass', () => {
    expect(at([3600, 2233], 2200).verdict).toBe('not-known');
  });

  test('after the first pass alone 300 ms are open', () => {
    expect(at([3600], 300).verdict).toBe('not-known');
  });

  test('no limit below the fixed cost can be met, not even with nothing to send', () => {
    const idle = { curve: watched(cyclic(MB, MB), [1000]), bandwidth: exactly(60 * MB) };
    expect(convergence(idle, COST, exactly(0), 40).verdict).toBe('certainly-not');
    expect(convergence(idle, COST, exactly(0), 50).verdict).toBe('certainly');
  });
});

test('what is certain happens: simulated passes agree with every verdict', () => {
  fc.assert(
    fc.property(
      guests,
      fc.array(durations, { maxLength: 8 }),
      bandwidths,
      logarithmic(51, 1e6),
      (guest, seen, bandwidth, limitMs) => {
        const cost = { lineRate: exactly(bandwidth), fixedCostMs: exactly(50) };
        const preCopy = { curve: watched(guest, seen), bandwidth: exactly(bandwidth) };
        const { verdict } = convergence(preCopy, cost, exactly(guest.memoryBytes), limitMs);
        const fitsBytes = restWithinPause(limitMs, cost).high * (1 + 1e-7);
        if (verdict === 'certainly' && guest.memoryBytes > fitsBytes)
          // A pass that starts from what just fits leaves less: the fixed point is below it.
          expect(guest.dirtied((fitsBytes / bandwidth) * 1000)).toBeLessThanOrEqual(fitsBytes);
        if (verdict === 'certainly-not')
          for (let pass = 0, rest = guest.memoryBytes; pass < 1000; pass += 1) {
            expect(rest * (1 + 1e-7)).toBeGreaterThan(fitsBytes);
            rest = guest.dirtied((rest / bandwidth) * 1000);
          }
      },
    ),
    { numRuns: 300 },
  );
});
