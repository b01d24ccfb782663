import { journalPath, listJournals, readJournal } from './journal-file.ts';
import { type MigrationView, viewOf } from './view.ts';

/** The newest journal of this VM, when switchover did not see the end of its migration. */
export function unfinishedJournalOf(stateDir: string, vm: string): MigrationView | undefined {
  for (const id of listJournals(stateDir).reverse()) {
    const view = tryView(stateDir, id);
    if (view?.vm === vm)
      return view.outcome === undefined || view.outcome.outcome === 'detached' ? view : undefined;
  }
  return undefined;
}

/** A journal is opened once its migration has begun, except by `migrate`, which then still looks at both ends. */
const OPENED_BEFORE_MS = { attach: 1000, migrate: 30_000 };

/**
 * Whether this journal is of the migration that began then, and not of an earlier one of the same VM that ended
 * while nobody watched.
 * @param beganAtMs milliseconds since 1970
 */
export function isJournalOf(view: MigrationView, beganAtMs: number): boolean {
  return Date.parse(view.startedAt) >= beganAtMs - OPENED_BEFORE_MS[view.origin];
}

function tryView(stateDir: string, id: string): MigrationView | undefined {
  try {
    return viewOf(readJournal(journalPath(stateDir, id)));
  } catch {
    // A damaged journal of another migration is no reason not to take this one over.
    return undefined;
  }
}
