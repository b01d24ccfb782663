import type { Interval } from './interval.ts';
import { fixedPoint, leastRest, type PreCopy } from './pre-copy.ts';
import { pauseMs, restWithinPause, type SwitchoverCost } from './switchover-pause.ts';

/** Whether more passes bring the pause within a limit, as long as guest and link stay as they are. */
export type Verdict = 'certainly' | 'certainly-not' | 'not-known';

export interface Convergence {
  readonly verdict: Verdict;
  /** What whole passes approach, never getting below it. */
  readonly fixedPointBytes: Interval;
  /** The pause for that: the shortest that waiting can buy. */
  readonly leastPauseMs: Interval;
}

/**
 * Will the pause come within `limitMs`, from a boundary with `rest` dirty?
 *
 * - Certainly, if `rest` fits now, or the fixed point is below what fits: passes then get there, in finite number.
 * - Certainly not, if even the least that is ever dirty from here on does not fit. That least is below the
 *   fixed point, because QEMU may sync in the middle of a pass (`leastRest`): a limit between the two is
 *   one that stock QEMU may still meet.
 * - Else the observations leave both open.
 */
export function convergence(
  preCopy: PreCopy,
  cost: SwitchoverCost,
  rest: Interval,
  limitMs: number,
): Convergence {
  const fixedPointBytes = fixedPoint(preCopy);
  const fits = restWithinPause(limitMs, cost);
  const within = limitMs >= cost.fixedCostMs.high;
  const never = limitMs < cost.fixedCostMs.low;
  return {
    verdict:
      within && (rest.high <= fits.low || fixedPointBytes.high < fits.low)
        ? 'certainly'
        : never || leastRest(preCopy, rest) > fits.high
          ? 'certainly-not'
          : 'not-known',
    fixedPointBytes,
    leastPauseMs: pauseMs(fixedPointBytes, cost),
  };
}
