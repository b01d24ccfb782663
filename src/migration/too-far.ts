/** What distance alone makes impossible. Pure. */
import type { GuestFacts } from '../hypervisor/hypervisor.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import { formatDuration } from '../model/units.ts';
import type { Decision, Limits } from '../policy/policy.ts';

/**
 * Whatever a guest that runs does, and whichever policy decides: where our own word to a destination that waits for it takes
 * as long as the guest may stand still, no pause is within the limit.
 * @returns undefined: it is near enough, or the user goes on over the limit
 */
export function tooFar(
  { state }: Pick<GuestFacts, 'state'>,
  { maxDowntimeMs, overBudget }: Limits,
  { wordMs }: Foreknowledge,
): (Decision & { readonly action: 'abort' }) | undefined {
  if (wordMs === undefined || wordMs < maxDowntimeMs || overBudget === 'leave' || state !== 'running')
    return undefined;
  return {
    action: 'abort',
    neededPauseMs: undefined,
    reason:
      `switchover's word to the destination takes ${formatDuration(wordMs)} (two round trips), all of it part of the pause, ` +
      `and --max-downtime is ${formatDuration(maxDowntimeMs)}: allow more, or run switchover nearer to the destination`,
  };
}
