/** What the end of a migration, or the refusal to begin one, means for its move. Pure. */
import { failureClass } from '../drain/failures.ts';
import type { RefusedError } from '../hypervisor/refusal.ts';
import type { Outcome } from '../journal/outcome.ts';
import { formatDuration } from '../model/units.ts';
import type { Attended, Failure } from './mover.ts';

/** Nothing was touched. */
export function failureOfRefusal({ code, message }: Pick<RefusedError, 'code' | 'message'>): Failure {
  const kind = failureClass(code);
  const passes = kind === 'transient' || kind === 'capacity';
  return { class: passes ? kind : 'refused', code, words: message };
}

export function attendedOf({ outcome, runsOn, reason, neededPauseMs }: Outcome): Attended {
  if (outcome === 'detached') return {};
  if (runsOn === 'unknown') return { unknown: reason };
  if (outcome === 'completed') return {};
  if (neededPauseMs !== null)
    return {
      failure: {
        ...{ class: 'no-pause-fits', code: 'no-pause-fits', words: reason },
        remedy: `allow a pause of ${formatDuration(neededPauseMs)} with --max-downtime, or move it by hand`,
      },
    };
  // Who ended it by hand, or by a limit of time, did not mean that it should begin again by itself.
  if (outcome === 'cancelled' || outcome === 'aborted')
    return { failure: { class: 'permanent', code: outcome, words: reason } };
  return { failure: { class: 'transient', code: 'migration-failed', words: reason } };
}
