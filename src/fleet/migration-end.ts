/** What the end of a migration, or the refusal to begin one, means for its move. Pure. */
import { failureClass } from '../drain/failures.ts';
import type { RefusedError } from '../hypervisor/refusal.ts';
import type { Outcome } from '../journal/outcome.ts';
import { formatDuration, spellDuration } from '../model/units.ts';
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
        remedy: `with --max-downtime ${spellDuration(withRoomFor(neededPauseMs))} there is room for the pause of ${formatDuration(neededPauseMs)} that it needs; or move it by hand`,
      },
    };
  // Who ended it by hand, or by a limit of time, did not mean that it should begin again by itself.
  if (outcome === 'cancelled' || outcome === 'aborted')
    return { failure: { class: 'permanent', code: outcome, words: reason } };
  return { failure: { class: 'transient', code: 'migration-failed', words: reason } };
}

/** What it needs changes a little from one try to the next: a quarter more, rounded up to two digits. */
function withRoomFor(pauseMs: number): number {
  const ms = Math.max(1, 1.25 * pauseMs);
  const step = 10 ** Math.max(0, Math.floor(Math.log10(ms)) - 1);
  return Math.ceil(ms / step) * step;
}
