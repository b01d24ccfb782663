import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { braking } from './braking.ts';
import { DirtyCurve } from './dirty-curve.ts';
import { exactly } from './interval.ts';
import { bandwidths, durations, guests } from './testing/guests.ts';

const MB = 1e6;
const EXACT = { bytes: 0, relative: 0 };

/** A curve that was seen at these times, in milliseconds, to have these megabytes dirty. */
function seen(...points: [durationMs: number, megabytes: number][]): DirtyCurve {
  return points.reduce(
    (curve, [durationMs, megabytes]) => curve.observe({ durationMs, bytes: megabytes * MB }).curve,
    DirtyCurve.unobserved(8000 * MB, EXACT),
  );
}

const fits = exactly(30 * MB);
const link = exactly(60 * MB);

describe('the least throttle that makes it fit', () => {
  test('worked by hand: 120 MB take 2 s; 30 MB are dirtied in 200 ms, so 190 ms and a slice are left to run', () => {
    const curve = seen([200, 30], [2000, 120]);
    const verdict = braking({ curve, bandwidth: link }, exactly(120 * MB), fits, 10_000);
    // 9 % of 2 s are 180 ms and 10 % are 200 ms.
    expect(verdict).toMatchObject({ possible: true, percent: 91, proven: true });
    expect(verdict.brownOutMs?.high).toBeCloseTo(2000);
  });

  test('where long passes are all that is known the most is taken, and not called enough', () =>
    expect(
      braking({ curve: seen([2000, 120]), bandwidth: link }, exactly(120 * MB), fits, 10_000),
    ).toMatchObject({ possible: true, percent: 99, proven: false }));
});

describe('not possible', () => {
  test('a guest that dirties more in one slice than the link carries in the sleep after it', () =>
    expect(braking({ curve: seen([10, 200]), bandwidth: link }, exactly(400 * MB), fits, 60_000)).toEqual({
      possible: false,
      brownOutMs: undefined,
    }));

  test('a pause that has room for no memory at all', () =>
    expect(
      braking({ curve: seen([2000, 120]), bandwidth: link }, exactly(120 * MB), exactly(0), 10_000),
    ).toMatchObject({ possible: false, brownOutMs: undefined }));

  test('a rest that takes longer to send than the brake may last, and how long it would take', () => {
    const curve = seen([20_000, 1200]);
    const verdict = braking({ curve, bandwidth: link }, exactly(1200 * MB), fits, 10_000);
    expect(verdict.possible).toBe(false);
    expect(verdict.brownOutMs?.low).toBeCloseTo(((1200 - 30) / 60) * 1000);
  });
});

test('what is proven is true of every guest, and one per cent less is not proven', () => {
  fc.assert(
    fc.property(
      ...([guests, bandwidths, fc.uniqueArray(durations, { minLength: 1, maxLength: 6 })] as const),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (guest, bandwidth, observed, share) => {
        const curve = observed.reduce(
          (known, durationMs) => known.observe({ durationMs, bytes: guest.dirtied(durationMs) }).curve,
          DirtyCurve.unobserved(guest.memoryBytes, EXACT),
        );
        const rest = guest.dirtied(observed[0] ?? 1000);
        const room = share * guest.memoryBytes;
        const verdict = braking({ curve, bandwidth: exactly(bandwidth) }, exactly(rest), exactly(room), 1e12);
        if (!verdict.possible || !verdict.proven) return;
        // As the guest really goes on: the next boundary, and the braked pass after it.
        const bitten = guest.dirtied((rest / bandwidth) * 1000);
        const passMs = (bitten / bandwidth) * 1000;
        const dirtied = guest.dirtied(((100 - verdict.percent) / 100) * passMs + 10);
        expect(dirtied).toBeLessThanOrEqual(room * (1 + 1e-6) + 1);
      },
    ),
  );
});
