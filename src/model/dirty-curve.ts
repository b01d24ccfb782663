/**
 * The dirty curve D(t): how many bytes a guest dirties, distinct pages counted once, within t of a clean
 * bitmap. Everything about pre-copy follows from it and from the bandwidth (`pre-copy.ts`).
 *
 * While the workload is steady (statistically the same at every moment), D(0) = 0, D is at most the memory,
 * and D neither falls nor bends upwards. The last, because a page that is yet clean at t was not written for
 * t already: D'(t) sums each page's rate of writes that follow a gap longer than t, and there are
 * ever fewer of those. So each observation (T, D) brackets all the rest,
 *
 *     t < T:  D·t/T <= D(t) <= D          t > T:  D <= D(t) <= D·t/T
 *
 * and several say more: chords between them hold the curve up (`curve-floor.ts`), lines through them,
 * prolonged, hold it down (`curve-roof.ts`). Both bounds are the best possible.
 *
 * A measurement is not exact, so an observation says that D(T) lies in an interval. The bounds are those of
 * all the curves through all intervals. Where a new interval misses the bracket no curve is left: the
 * workload is not what it was. Then the curve begins anew from that observation.
 */

import type { FloorPoint } from './curve-floor.ts';
import { floorAt, floorCrossingBytes, raiseFloor, thinFloor } from './curve-floor.ts';
import type { Ceiling } from './curve-roof.ts';
import {
  ceiling,
  leanOn,
  leanOnAll,
  roofAt,
  roofCrossingBytes,
  thinRoof,
  withoutImplied,
} from './curve-roof.ts';
import type { Interval } from './interval.ts';
import { LONGEST_MS } from './transfer.ts';

export interface DirtyObservation {
  /** From a clean bitmap to the sync that found `bytes` dirty: a pass, or a probe before the start. */
  readonly durationMs: number;
  readonly bytes: number;
  /**
   * How much of `bytes` may be what the pass left unsent instead of what was dirtied in it, 0 if not told.
   * QEMU ends a pass while up to bandwidth x downtime-limit is unsent, and counts that into `remaining`.
   */
  readonly unsentBytes?: number;
}

/** How far a measurement may be off: by `bytes` and by the fraction `relative`, both together. */
export interface Tolerance {
  readonly bytes: number;
  readonly relative: number;
}

/** Two passes of the lab's steady guest differ by 1 to 2 %; a sampling probe by up to 5 %. Small sets by pages. */
export const MEASUREMENT_TOLERANCE: Tolerance = { bytes: 2 ** 20, relative: 0.05 };

/** Added to every tolerance: less than this fraction is rounding of numbers and no information. */
const ROUNDING = 1e-9;

/** A nanosecond. Shorter durations are no measurements, and rates over them no numbers. */
const SHORTEST_MS = 1e-6;

/** Of each kind. A decision costs the same after a thousand observations as after these. */
const KEPT_POINTS = 24;

export interface PhaseChange {
  /** Where the workload so far would have been. */
  readonly expectedBytes: Interval;
  /** Where it was measured, tolerance included. */
  readonly foundBytes: Interval;
}

interface Measured {
  readonly measuredBytes: number;
}

/** An immutable value: what is known of a guest's dirty curve in its present phase. */
export class DirtyCurve {
  readonly memoryBytes: number;
  readonly tolerance: Tolerance;
  private readonly floor: readonly (FloorPoint & Measured)[];
  private readonly roof: readonly (Ceiling & Measured)[];

  private constructor(
    memoryBytes: number,
    tolerance: Tolerance,
    floor: DirtyCurve['floor'],
    roof: DirtyCurve['roof'],
  ) {
    this.memoryBytes = memoryBytes;
    this.tolerance = tolerance;
    this.floor = floor;
    this.roof = roof;
  }

  /** Before the first observation: anything from nothing to the whole memory, at any time. */
  static unobserved(memoryBytes: number, tolerance: Tolerance = MEASUREMENT_TOLERANCE): DirtyCurve {
    return new DirtyCurve(memoryBytes, tolerance, [], []);
  }

  /**
   * The curve that knows this observation too, and whether the observation contradicts what was known.
   * An observation over no time says nothing.
   */
  observe(observation: DirtyObservation): { curve: DirtyCurve; phaseChange?: PhaseChange } {
    if (!(observation.durationMs >= SHORTEST_MS && observation.bytes >= 0)) return { curve: this };
    const durationMs = Math.min(observation.durationMs, LONGEST_MS);
    const bytes = Math.min(observation.bytes, this.memoryBytes);
    const foundBytes = this.widened(bytes, observation.unsentBytes);
    const expectedBytes = this.at(durationMs);
    if (foundBytes.low <= expectedBytes.high && foundBytes.high >= expectedBytes.low)
      return { curve: this.with(durationMs, bytes, foundBytes) };
    const anew = DirtyCurve.unobserved(this.memoryBytes, this.tolerance);
    return { curve: anew.with(durationMs, bytes, foundBytes), phaseChange: { expectedBytes, foundBytes } };
  }

  /** The least that may be dirtied within a duration. @returns bytes */
  lower(durationMs: number): number {
    return durationMs > 0 ? floorAt(this.floor, Math.min(durationMs, LONGEST_MS)) : 0;
  }

  /** The most that may be dirtied within a duration. @returns bytes */
  upper(durationMs: number): number {
    if (!(durationMs > 0)) return 0;
    const most = Math.min(this.memoryBytes, roofAt(this.roof, Math.min(durationMs, LONGEST_MS)));
    // Where floor and roof meet, rounding may cross them.
    return Math.max(most, this.lower(durationMs));
  }

  /** @returns bytes */
  at(durationMs: number): Interval {
    return { low: this.lower(durationMs), high: this.upper(durationMs) };
  }

  /**
   * The largest B·t that D(t) still reaches: from there on a pass at that rate finds less than it sent.
   * D(t)/t only falls for a concave curve, so there is one such point for each curve that fits.
   *
   * @param rate bytes per second, an interval @returns bytes
   */
  crossingBytes(rate: Interval): Interval {
    const low = floorCrossingBytes(this.floor, rate.high / 1000);
    const high = Math.min(this.memoryBytes, roofCrossingBytes(this.roof, rate.low / 1000));
    return { low, high: Math.max(high, low) };
  }

  /** The vertices of {@link lower}, by rising duration: between them it is straight, beyond them level. */
  get vertices(): readonly FloorPoint[] {
    return this.floor;
  }

  /** The observations that the bracket rests on, as measured, by rising duration. */
  get restsOn(): readonly { readonly durationMs: number; readonly bytes: number }[] {
    const points = new Map<string, { durationMs: number; bytes: number }>();
    for (const { durationMs, measuredBytes: bytes } of [...this.floor, ...this.roof])
      points.set(`${durationMs}:${bytes}`, { durationMs, bytes });
    return [...points.values()].sort((a, b) => a.durationMs - b.durationMs || a.bytes - b.bytes);
  }

  private widened(bytes: number, unsentBytes = 0): Interval {
    const error = this.tolerance.bytes + (this.tolerance.relative + ROUNDING) * bytes;
    const within = (value: number) => Math.min(Math.max(value, 0), this.memoryBytes);
    return { low: within(bytes - Math.max(0, unsentBytes) - error), high: within(bytes + error) };
  }

  private with(durationMs: number, measuredBytes: number, found: Interval): DirtyCurve {
    const point = { durationMs, bytes: found.low, measuredBytes };
    let floor = raiseFloor(this.floor, point);
    let roof = this.roof;
    if (floor !== this.floor) roof = roof.map((held) => leanOn(held, point));
    if (found.high < Math.min(this.memoryBytes, roofAt(roof, durationMs)))
      roof = [...roof, leanOnAll({ ...ceiling(durationMs, found.high), measuredBytes }, floor)];
    if (floor === this.floor && roof === this.roof) return this;

    roof = withoutImplied(roof);
    if (floor.length > KEPT_POINTS) floor = thinFloor(floor);
    if (roof.length > KEPT_POINTS) roof = thinRoof(roof);
    return new DirtyCurve(this.memoryBytes, this.tolerance, floor, roof);
  }
}
