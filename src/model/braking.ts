/**
 * Braking: the hypervisor withholds part of the vCPUs' time, so that the guest dirties less while the same
 * bytes cross the link. Throttled to p, the guest's own time runs at 1 - p: a pass of t dirties D((1 - p)·t).
 *
 * QEMU does it in slices (cpu-throttle.c): every vCPU runs 10 ms, then sleeps 10 ms · p / (1 - p), all of them
 * at once. So in t a guest runs at most for (1 - p)·t and one slice more.
 */
import type { Interval } from './interval.ts';
import { nextRest, type PreCopy } from './pre-copy.ts';
import { carriedBytes, transferMs } from './transfer.ts';

/** What a brake that is held ready may cost a guest that it is not meant for; it counts as no brown-out. */
export const IDLE_THROTTLE_PERCENT = 1;

/** @param throttlePercent missing where it is not told */
export function isBraked(throttlePercent: number | undefined): boolean {
  return (throttlePercent ?? 0) > IDLE_THROTTLE_PERCENT;
}

/** QEMU withholds no more. */
export const MOST_THROTTLE_PERCENT = 99;

/** cpu-throttle.c: CPU_THROTTLE_TIMESLICE_NS. */
const SLICE_MS = 10;

export type Braking =
  | {
      readonly possible: true;
      readonly percent: number;
      /** The bracket proves that it is enough; else it is the most there is, and may be. */
      readonly proven: boolean;
      /** How long the guest is braked until it fits, if it fits after one pass. */
      readonly brownOutMs: Interval;
    }
  | {
      readonly possible: false;
      /** Of the brown-out that it would take; undefined: no brown-out is enough. */
      readonly brownOutMs: Interval | undefined;
    };

/**
 * The least throttle that makes the dirty set fit a pause. It is decided at one boundary and bites at the next,
 * whose rest R' = {@link nextRest} is sent by the braked pass, in R' / B: wanted is the least p with
 *
 *     D((1 - p)·R'/B + one slice) <= what fits
 *
 * with the upper curve, the most of R' and the lower B. The bracket of a few long passes says next to nothing
 * of such short times (D(t) <= D(T) for t < T), so where it proves no p the most is taken.
 *
 * No p is enough where not even one sleep of the most brings the rest down: the link carries B·sleep while the
 * guest stands still, and the slice before it dirtied D(slice), by the lower curve.
 *
 * @param rest what this boundary found @param fits what the pause has room for: bytes @param longestMs of brown-out
 */
export function braking(preCopy: PreCopy, rest: Interval, fits: Interval, longestMs: number): Braking {
  const { curve, bandwidth } = preCopy;
  const sleepMs = (SLICE_MS * MOST_THROTTLE_PERCENT) / (100 - MOST_THROTTLE_PERCENT);
  const mostInSleep = carriedBytes(sleepMs, bandwidth.high);
  if (fits.high <= 0 || curve.lower(SLICE_MS) > mostInSleep + fits.high)
    return { possible: false, brownOutMs: undefined };

  const bitten = nextRest(preCopy, rest);
  const brownOutMs = {
    low: transferMs(bitten.low - fits.high, bandwidth.high),
    high: transferMs(bitten.high, bandwidth.low),
  };
  if (brownOutMs.low > longestMs) return { possible: false, brownOutMs };

  const dirtied = (percent: number) =>
    curve.upper(((100 - percent) / 100) * brownOutMs.high + (percent > 0 ? SLICE_MS : 0));
  const percent = leastWhole(1, MOST_THROTTLE_PERCENT, (each) => dirtied(each) <= fits.low);
  return {
    possible: true,
    percent: percent ?? MOST_THROTTLE_PERCENT,
    proven: percent !== undefined,
    brownOutMs,
  };
}

/** The least whole number for which it holds, where it holds for all above one for which it does. */
function leastWhole(from: number, to: number, holds: (value: number) => boolean): number | undefined {
  if (!holds(to)) return undefined;
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
