import type { MigrationView } from './view.ts';

/** Whether switchover did not see the end of this migration, let it go, or left it to an operator's hand. */
export function isUnfinished({ outcome }: Pick<MigrationView, 'outcome'>): boolean {
  return outcome === undefined || outcome.outcome === 'detached' || outcome.runsOn === 'unknown';
}
