import type { JournalSink } from '../journal/journal-entry.ts';
import type { Decision } from '../policy/policy.ts';
import { declinedOutcome } from './ending.ts';
import type { Outcome } from './outcome.ts';

/** Ends a migration that its policy knows to be impossible within the limits, before anything was touched. */
export function decline(decision: Decision & { readonly action: 'abort' }, journal: JournalSink): Outcome {
  const outcome = declinedOutcome(decision.reason, decision.neededPauseMs, decision.memoryIntensive);
  journal.write(0, { type: 'decision', pass: 0, decision });
  journal.write(0, { type: 'ended', outcome });
  return outcome;
}
