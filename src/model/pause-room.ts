/**
 * How much of an allowed pause is kept back for what is not memory. What that costs is not known exactly
 * (`fixed-cost.ts`), and a guest that is stopped for longer than it may is stopped for nothing, so the most that it may be is
 * kept back where the limit is long. Of a short limit less is, or nothing were left to send memory in: QEMU looks at what is left
 * every 50 ms, so under a limit that leaves less than 30 ms a guest that dirties at 60 % of the link's rate would never end.
 * Of a small guest that never migrated, from 20 to 200 ms:
 *
 *     limit       50    100    150    200    300    350 ms and more
 *     kept back   20     50     80    110    170    200 ms
 *
 * The likely cost of these is what a decision is made with, 50 ms; the rest is spare. Once it was learned, all that it takes is
 * kept back, and up to 50 ms more, since the link wavers as well.
 *
 * The way of our own word to a destination that waits for it is known, so all of it is kept back first, of whichever limit.
 */
import type { FixedCost } from './fixed-cost.ts';
import { LEAST_FIXED_COST_MS } from './passes.ts';

/** What a limit leaves at the least to send memory in. */
const LEAST_SENDING_MS = 30;

/** How much longer than foretold the same memory takes. */
const WAVERING_MS = 50;

function keptBackMs(limitMs: number, cost: FixedCost): number {
  return cost.wordMs + keptBackBesideWordMs(limitMs - cost.wordMs, cost);
}

function keptBackBesideWordMs(limitMs: number, { ms, wordMs, seen, isLearned }: FixedCost): number {
  const middle = ms.middle - wordMs;
  const most = ms.most - wordMs;
  const share = Math.max(LEAST_FIXED_COST_MS, 0.6 * limitMs - 10);
  if (seen === 0) return Math.min(most, share);
  const spareMs = Math.min(WAVERING_MS, Math.max(0, share - WAVERING_MS));
  const upToMs = isLearned ? limitMs - LEAST_SENDING_MS : share;
  return Math.max(middle + spareMs, Math.min(most, upToMs));
}

/** What is left of a pause to send memory in; less than nothing where not even a switchover fits it. @returns milliseconds */
export function sendingMs(limitMs: number, cost: FixedCost): number {
  return limitMs - keptBackMs(limitMs, cost);
}

/** What a switchover is taken to cost beside the memory, where its pause is to be within a limit. @returns milliseconds */
export function fixedCostMsWithin(limitMs: number, cost: FixedCost): number {
  return Math.min(cost.ms.middle, keptBackMs(limitMs, cost));
}

/**
 * The pause that a switchover is aimed at where no more than `maxPauseMs` is allowed: the rest has to fit also where the
 * switchover's fixed cost is high. @returns milliseconds
 */
export function aimedPauseMs(maxPauseMs: number, cost: FixedCost): number {
  return sendingMs(maxPauseMs, cost) + fixedCostMsWithin(maxPauseMs, cost);
}
