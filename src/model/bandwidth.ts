import type { Estimate } from './interval.ts';
import { robustEstimate } from './robust.ts';

/** What a pass, or a stop-and-copy, carried. */
export interface Transfer {
  readonly durationMs: number;
  /** Guest memory moved. Counted on the wire it includes page headers, 0.2 %, and zero pages cost nothing. */
  readonly bytes: number;
}

/** Passes before these say less about the link now than they cost. */
const KEPT_TRANSFERS = 15;

/** Shaped links waver by a few per cent from pass to pass; fewer passes than that cannot prove less. */
const LEAST_RELATIVE_SPREAD = 0.05;

/**
 * A rate by whole transfers: the median of theirs, each counted by its duration. QEMU's own figure is of the
 * last 100 ms; a stall or a burst out of buffers there moves it by any factor, while in here it is one
 * short transfer with little weight, or a small part of a long one. An immutable value.
 */
export class RateEstimate {
  private readonly transfers: readonly Transfer[];

  private constructor(transfers: readonly Transfer[]) {
    this.transfers = transfers;
  }

  static readonly unmeasured = new RateEstimate([]);

  /** @param transfers oldest first */
  static of(transfers: readonly Transfer[]): RateEstimate {
    return transfers.reduce((rate, each) => rate.with(each), RateEstimate.unmeasured);
  }

  with(transfer: Transfer): RateEstimate {
    if (!(transfer.durationMs > 0 && transfer.bytes > 0)) return this;
    return new RateEstimate([...this.transfers, transfer].slice(-KEPT_TRANSFERS));
  }

  /** As it would have been under that cap, in bytes per second: none of them quicker. */
  under(cap: number): RateEstimate {
    return new RateEstimate(
      this.transfers.map(({ durationMs, bytes }) => ({
        durationMs,
        bytes: Math.min(bytes, (cap * durationMs) / 1000),
      })),
    );
  }

  /** Bytes per second; undefined while nothing was carried. */
  get bytesPerSecond(): Estimate | undefined {
    const rates = this.transfers.map(({ durationMs, bytes }) => ({
      value: (bytes / durationMs) * 1000,
      weight: durationMs,
    }));
    const estimate = robustEstimate(rates, 0);
    return estimate && robustEstimate(rates, estimate.middle * LEAST_RELATIVE_SPREAD);
  }
}

/** Where a line rate comes from, best first. */
export type LineRateSource = 'stated' | 'switchovers' | 'uncapped-passes' | 'capped-passes';

export interface LineRate {
  readonly bytesPerSecond: Estimate;
  /** With `capped-passes` the true rate is this or more by any factor: pauses forecast by it are too long. */
  readonly source: LineRateSource;
}

export interface LineRateKnowledge {
  /** By the user, bytes per second. */
  readonly stated?: number | undefined;
  /** Stop-and-copies on this link, of this and earlier migrations. */
  readonly switchovers?: RateEstimate;
  readonly passes?: RateEstimate;
  /** `max-bandwidth` of the passes, bytes per second; undefined for none. */
  readonly cap?: number | undefined;
}

/** Passes this near to their cap may be held by it and not by the link. */
const HELD_BY_CAP = 0.9;

/**
 * The rate of a stop-and-copy. QEMU lifts `max-bandwidth` for it, so passes tell it only where they are not held
 * by their cap: at 60 MB/s capped, over loopback, QEMU forecast 2,249 ms and the pause was 67 ms.
 */
export function lineRate(known: LineRateKnowledge): LineRate | undefined {
  const { stated, cap } = known;
  if (stated !== undefined && stated > 0)
    return { bytesPerSecond: { low: stated, middle: stated, high: stated }, source: 'stated' };
  const switchovers = known.switchovers?.bytesPerSecond;
  if (switchovers) return { bytesPerSecond: switchovers, source: 'switchovers' };
  const passes = known.passes?.bytesPerSecond;
  if (!passes) return undefined;
  return { bytesPerSecond: passes, source: isHeld(passes, cap) ? 'capped-passes' : 'uncapped-passes' };
}

/** Whether passes of that rate may be held by their cap and not by the link. @param cap undefined: none */
export function isHeld({ middle }: Estimate, cap: number | undefined): boolean {
  return cap !== undefined && middle >= HELD_BY_CAP * cap;
}
