import type { Estimate, Interval } from './interval.ts';
import { LEAST_FIXED_COST_MS, SWITCHOVER_FIXED_COST_MS, SWITCHOVER_FIXED_COST_SPREAD_MS } from './passes.ts';
import { assumedFixedCostMs } from './pause-room.ts';
import { robustEstimate } from './robust.ts';
import { transferMs } from './transfer.ts';

/** What a finished migration tells: from STOP on the source to RESUME on the destination. */
export interface FinishedSwitchover {
  readonly pauseMs: number;
  /** Guest memory moved while the guest was stopped. */
  readonly bytes: number;
  /** Of that link, bytes per second, known otherwise than from this pause. */
  readonly lineRateBytesPerSecond: number;
}

const KEPT_SWITCHOVERS = 32;

/** Fewer than these may agree by chance: the assumption stays within the interval. */
const TELLING_SWITCHOVERS = 3;

/** A scheduler's time slice and a monitor's round trip: no pause repeats more exactly. */
const LEAST_SPREAD_MS = 5;

/** Twice the assumption covers libvirt's round trips in the lab. */
const ASSUMED: Estimate = {
  low: LEAST_FIXED_COST_MS,
  middle: SWITCHOVER_FIXED_COST_MS,
  high: SWITCHOVER_FIXED_COST_MS + SWITCHOVER_FIXED_COST_SPREAD_MS,
};

/**
 * What a switchover costs beside the memory, learned from those that finished: the last sync, device state,
 * the destination's start, and libvirt's round trips where it drives.
 *
 *     cost = pause measured - bytes / line rate
 *
 * of which the median is taken: one pause in a congested moment teaches nothing. Keep one for each kind of
 * driver and host pair. An immutable value.
 */
export class FixedCost {
  private readonly costsMs: readonly number[];
  private readonly assumption: Estimate;

  private constructor(costsMs: readonly number[], assumption: Estimate) {
    this.costsMs = costsMs;
    this.assumption = assumption;
  }

  static readonly assumed = new FixedCost([], ASSUMED);

  /** As it is assumed where pauses are to be within a limit that may be short. */
  static assumedWithin(limitMs: number): FixedCost {
    return new FixedCost([], { ...ASSUMED, middle: assumedFixedCostMs(limitMs) });
  }

  with({ pauseMs, bytes, lineRateBytesPerSecond }: FinishedSwitchover): FixedCost {
    if (!(pauseMs >= 0 && bytes >= 0 && lineRateBytesPerSecond > 0)) return this;
    // Less than nothing means that the link was faster than stated: the cost is small then, whatever it is.
    const costMs = Math.max(0, pauseMs - transferMs(bytes, lineRateBytesPerSecond));
    if (!Number.isFinite(costMs)) return this;
    return new FixedCost([...this.costsMs, costMs].slice(-KEPT_SWITCHOVERS), this.assumption);
  }

  /** The likely cost of one whose pause is to be within a limit. */
  likelyMsWithin(limitMs: number): number {
    return this.costsMs.length > 0 ? this.ms.middle : assumedFixedCostMs(limitMs);
  }

  get ms(): Estimate {
    const learned = robustEstimate(
      this.costsMs.map((value) => ({ value, weight: 1 })),
      LEAST_SPREAD_MS,
    );
    if (!learned) return this.assumption;
    return this.costsMs.length < TELLING_SWITCHOVERS
      ? { ...learned, ...hull(learned, this.assumption) }
      : learned;
  }
}

function hull(a: Interval, b: Interval): Interval {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}
