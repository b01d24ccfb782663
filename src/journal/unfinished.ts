import type { MigrationView } from './view.ts';

/** Whether switchover did not see the end of this migration, let it go, or left it to an operator's hand. */
export function isUnfinished({ outcome }: Pick<MigrationView, 'outcome'>): boolean {
  return outcome === undefined || outcome.outcome === 'detached' || outcome.runsOn === 'unknown';
}

/** A journal is opened once its migration has begun, except by `migrate`, which then still looks at both ends. */
const OPENED_BEFORE_MS = { attach: 1000, migrate: 30_000 };

/** A migration that is found under way. */
export interface FoundMigration {
  /** The hypervisor's own mark of it; null: it has none. */
  readonly mark: string | null;
  /** Milliseconds since 1970, for where a mark is missing: a wall clock may have been set since. */
  readonly beganAtMs: number;
}

/**
 * Whether this journal is of that migration, and not of an earlier one of the same VM that ended while nobody
 * watched.
 */
export function isJournalOf(
  view: Pick<MigrationView, 'mark' | 'origin' | 'startedAt'>,
  found: FoundMigration,
): boolean {
  if (view.mark !== null && found.mark !== null) return view.mark === found.mark;
  return Date.parse(view.startedAt) >= found.beganAtMs - OPENED_BEFORE_MS[view.origin];
}
