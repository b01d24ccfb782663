/**
 * How much of an allowed pause is kept back for what is not memory, where no finished migration has taught what that
 * costs (`fixed-cost.ts`): from 20 to 100 ms. All of it is kept back where the limit is long. Of a short limit less is,
 * or nothing were left to send memory in: QEMU looks at what is left every 50 ms, so under a limit that leaves less
 * than 30 ms a guest that dirties at 60 % of the link's rate would never end.
 *
 *     limit       50    100    150    183 ms and more
 *     kept back   20     50     80    100 ms
 *
 * The first 50 ms of that are the fixed cost that a decision is made with; the rest is spare.
 */
import { LEAST_FIXED_COST_MS, SWITCHOVER_FIXED_COST_MS, SWITCHOVER_FIXED_COST_SPREAD_MS } from './passes.ts';

function keptBackMs(limitMs: number): number {
  const most = SWITCHOVER_FIXED_COST_MS + SWITCHOVER_FIXED_COST_SPREAD_MS;
  return Math.min(most, Math.max(LEAST_FIXED_COST_MS, 0.6 * limitMs - 10));
}

/** What a switchover is taken to cost beside the memory, where its pause is to be within a limit. @returns milliseconds */
export function assumedFixedCostMs(limitMs: number): number {
  return Math.min(SWITCHOVER_FIXED_COST_MS, keptBackMs(limitMs));
}

/**
 * The pause that a switchover is aimed at where no more than `maxPauseMs` is allowed. A guest that is stopped for longer
 * is stopped for nothing, so the rest has to fit also where the switchover's fixed cost is high.
 * @returns milliseconds
 */
export function aimedPauseMs(maxPauseMs: number): number {
  return maxPauseMs - (keptBackMs(maxPauseMs) - assumedFixedCostMs(maxPauseMs));
}
