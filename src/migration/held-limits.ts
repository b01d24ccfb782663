/**
 * The user's limits, held whatever a policy wants. Pure: what was seen so far in, verdict out.
 *
 * Our own blindness is not the guest's fault (S7): time in which we looked at nothing counts for no limit that ends
 * a migration, and a hypervisor that does not answer says nothing of the link.
 */
import { takenBackAfterMs } from '../model/taking-back.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import type { Limits } from '../policy/policy.ts';
import type { State } from './states.ts';

/** What the clocks of a supervised migration show. */
export interface Clocks {
  readonly nowMs: number;
  readonly sentBytes: number;
  /** For how long the hypervisor has answered regularly while nothing moved. */
  readonly stalledMs: number;
  /** For how long the guest has stood still for the switchover as far as we watched; undefined while it runs. */
  readonly stoppedMs: number | undefined;
  /** What was left to send when it stopped; undefined: not known. */
  readonly restBytes: number | undefined;
  /** Of the stop-and-copy, in bytes per second; undefined: not known. */
  readonly lineRateBytesPerSecond: number | undefined;
  /** As far as it counts: since the guest was released, where it was. */
  readonly brownOutMs: number;
  readonly highestThrottlePercent: number;
  /** The brake in force is ours, and was not asked for in place of giving up. */
  readonly mayRelease: boolean;
  /** What the last boundary would have paused for. */
  readonly lastPauseForecastMs: number | undefined;
}

export type Verdict =
  /** End the migration on the source. */
  | {
      readonly kind: 'give-up';
      readonly outcome: 'aborted' | 'failed';
      readonly reason: string;
      readonly neededPauseMs?: number | undefined;
    }
  /** Let the guest run freely again, and go on without a brake. */
  | { readonly kind: 'release'; readonly words: string }
  /** Somebody else's migration: say it once and leave it. */
  | { readonly kind: 'say'; readonly words: string }
  /** Post-copy stands still; only a person can help. */
  | { readonly kind: 'stuck' };

export function heldLimits(state: State, limits: Limits, clocks: Clocks): Verdict | undefined {
  switch (state) {
    case 'copying':
    case 'switching-over':
      return inPreCopy(limits, clocks);
    case 'stopped':
      return inStopAndCopy(limits, clocks);
    case 'post-copy':
      return clocks.stalledMs >= limits.stallTimeoutMs ? { kind: 'stuck' } : undefined;
    default:
      return undefined;
  }
}

function inPreCopy(limits: Limits, clocks: Clocks): Verdict | undefined {
  const { timeoutMs, stallTimeoutMs, maxDowntimeMs, maxSentBytes, overBudget, brakeForMs } = limits;
  if (maxSentBytes !== undefined && clocks.sentBytes >= maxSentBytes) {
    const reason = `${formatBytes(maxSentBytes)} were sent, and this hypervisor is known to fail when more goes through one stream`;
    if (overBudget === 'leave') return { kind: 'say', words: `${reason}; left running, as asked` };
    return { kind: 'give-up', outcome: 'aborted', reason, neededPauseMs: clocks.lastPauseForecastMs };
  }
  if (timeoutMs !== undefined && clocks.nowMs >= timeoutMs)
    return {
      kind: 'give-up',
      outcome: 'aborted',
      reason: `not finished within --timeout ${formatDuration(timeoutMs)}`,
    };
  const braked = `braked to ${clocks.highestThrottlePercent} % for --brake-for ${formatDuration(brakeForMs)}`;
  if (clocks.brownOutMs >= brakeForMs && clocks.mayRelease)
    return { kind: 'release', words: `${braked}, and no short pause came of it: going on without a brake` };
  if (clocks.brownOutMs >= brakeForMs && overBudget === 'brake')
    return {
      kind: 'give-up',
      outcome: 'aborted',
      reason: `${braked}, and the rest still did not fit --max-downtime ${formatDuration(maxDowntimeMs)}`,
      neededPauseMs: clocks.lastPauseForecastMs,
    };
  if (clocks.stalledMs < stallTimeoutMs) return undefined;
  const reason = `nothing reached the destination for ${formatDuration(stallTimeoutMs)}: the link or the destination is down`;
  // Somebody else's migration is not ended for what it does by itself; only a timeout that was asked for is.
  if (overBudget === 'leave') return { kind: 'say', words: `${reason}; left running, as asked` };
  return { kind: 'give-up', outcome: 'failed', reason };
}

function inStopAndCopy({ maxDowntimeMs, overBudget }: Limits, clocks: Clocks): Verdict | undefined {
  const { stoppedMs, restBytes, lineRateBytesPerSecond } = clocks;
  const afterMs =
    overBudget === 'leave'
      ? maxDowntimeMs
      : takenBackAfterMs({ maxDowntimeMs, restBytes, lineRateBytesPerSecond });
  if (stoppedMs === undefined || stoppedMs < afterMs) return undefined;
  const reason = `the guest was stopped for --max-downtime ${formatDuration(maxDowntimeMs)} and the rest had not arrived`;
  if (overBudget === 'leave') return { kind: 'say', words: `${reason}; left as it is, as asked` };
  return { kind: 'give-up', outcome: 'aborted', reason };
}
