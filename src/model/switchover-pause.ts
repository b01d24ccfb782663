import type { Interval } from './interval.ts';
import { carriedBytes, transferMs } from './transfer.ts';

/** What a stop-and-copy on this link costs. */
export interface SwitchoverCost {
  /** Of guest memory, with the guest stopped: QEMU lifts `max-bandwidth` for it. Bytes per second. */
  readonly lineRate: Interval;
  /** Everything that is not memory: the last sync, device state, the destination's start. */
  readonly fixedCostMs: Interval;
}

/** The pause if the switchover moves `rest`: rest / line rate + fixed cost. @returns milliseconds */
export function pauseMs(rest: Interval, { lineRate, fixedCostMs }: SwitchoverCost): Interval {
  return {
    low: transferMs(rest.low, lineRate.high) + fixedCostMs.low,
    high: transferMs(rest.high, lineRate.low) + fixedCostMs.high,
  };
}

/**
 * What a pause has room for, {@link pauseMs} turned round: at most `low` bytes fit for certain, more than
 * `high` certainly do not. @returns bytes
 */
export function restWithinPause(limitMs: number, { lineRate, fixedCostMs }: SwitchoverCost): Interval {
  return {
    low: carriedBytes(limitMs - fixedCostMs.high, lineRate.low),
    high: carriedBytes(limitMs - fixedCostMs.low, lineRate.high),
  };
}
