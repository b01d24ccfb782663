import type { Outcome } from '../migration/outcome.ts';

/** What switchover's exit statuses mean; `switchover migrate --help` shows the same list. */
export const EXIT = {
  /** The guest runs on the destination. */
  migrated: 0,
  unexpected: 1,
  /** Wrong usage or configuration. */
  usage: 2,
  /** Refused before anything was touched. */
  refused: 3,
  /** Failed; the guest still runs on the source. */
  failed: 4,
  /** Cancelled, timed out or not possible within the limits; the guest still runs on the source. */
  gaveUp: 5,
  /** It is not certain that exactly one side runs the guest: an operator is needed. */
  operator: 6,
  /** Interrupted: detached, the migration goes on by itself. */
  detached: 130,
} as const;

export function exitStatusOf({ outcome, runsOn }: Pick<Outcome, 'outcome' | 'runsOn'>): number {
  if (outcome === 'detached') return EXIT.detached;
  if (runsOn === 'unknown') return EXIT.operator;
  if (outcome === 'completed') return EXIT.migrated;
  return outcome === 'failed' ? EXIT.failed : EXIT.gaveUp;
}
