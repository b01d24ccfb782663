/**
 * What waiting for a shorter pause costs. A verdict of `convergence.ts` is about ever; a guest measured
 * at its fixed point, where a pass finds what it sent, give or take the tolerance, may also be one that
 * shrinks by that tolerance each time. Whether it does in the end is not known then, but that it cannot soon is.
 */
import type { Interval } from './interval.ts';
import { nextRest, type PreCopy } from './pre-copy.ts';
import { transferMs } from './transfer.ts';

export interface Wait {
  /** Whole passes until a boundary fits; 0 if it does now. */
  readonly passes: number;
  readonly durationMs: number;
  /** Guest memory that these passes send. */
  readonly sentBytes: number;
}

export interface Waiting {
  /** The least wait that the observations allow; undefined where it takes more passes than were followed. */
  readonly soonest: Wait | undefined;
  /** The wait that is enough for certain; undefined where none of so many passes is. */
  readonly latest: Wait | undefined;
}

const FOLLOWED_PASSES = 50;

/**
 * Follows whole passes from a boundary with `rest` until what they leave `fits` (`restWithinPause`): the
 * lower ends, at the higher bandwidth, until they may fit, and the upper ends, at the lower one, until they must.
 */
export function waitUntilFits(
  preCopy: PreCopy,
  rest: Interval,
  fits: Interval,
  followedPasses: number = FOLLOWED_PASSES,
): Waiting {
  const { bandwidth } = preCopy;
  return {
    soonest: follow(preCopy, rest, followedPasses, 'low', fits.high, bandwidth.high),
    latest: follow(preCopy, rest, followedPasses, 'high', fits.low, bandwidth.low),
  };
}

function follow(
  preCopy: PreCopy,
  from: Interval,
  followedPasses: number,
  end: keyof Interval,
  fitsBytes: number,
  bytesPerSecond: number,
): Wait | undefined {
  let rest = from;
  let durationMs = 0;
  let sentBytes = 0;
  for (let passes = 0; passes <= followedPasses; passes += 1) {
    if (rest[end] <= fitsBytes) return { passes, durationMs, sentBytes };
    durationMs += transferMs(rest[end], bytesPerSecond);
    sentBytes += rest[end];
    rest = nextRest(preCopy, rest);
  }
  return undefined;
}
