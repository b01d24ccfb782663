/**
 * Which journals go, wherever they are kept: those that nothing was written to for long, then finished ones, the oldest first,
 * until the rest takes no more than it may. The newest one of a VM stays as long as it is unfinished or owes settings, whatever
 * its age: only it says what has to be put back.
 */
import { KEEP_BYTES, KEEP_FOR_MS, type PrunedJournal, type PruneOptions } from './journal-store.ts';

export interface Prunable {
  readonly id: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly lastWrittenMs: number;
}

export interface Pruning<Kept extends Prunable> {
  /** The oldest first. */
  readonly journals: readonly Kept[];
  /** The ids of the newest one of each VM. */
  readonly newest: ReadonlySet<string>;
  isUnfinished(journal: Kept): boolean | Promise<boolean>;
  owes(journal: Kept): Promise<boolean>;
  /** @returns whether it is gone */
  remove(journal: Kept): Promise<boolean>;
}

/** @returns what went, in that order, and how many bytes are left; nothing is removed in a dry run */
export async function pruneBy<Kept extends Prunable>(
  { journals, newest, isUnfinished, owes, remove }: Pruning<Kept>,
  {
    olderThanMs = KEEP_FOR_MS,
    maxBytes = KEEP_BYTES,
    nowMs = Date.now(),
    dryRun = false,
  }: Partial<PruneOptions>,
): Promise<{ readonly removed: readonly PrunedJournal[]; readonly bytes: number }> {
  const removed: PrunedJournal[] = [];
  const gone = new Set<string>();
  let bytes = journals.reduce((sum, each) => sum + each.bytes, 0);
  for (const because of ['age', 'size'] as const)
    for (const journal of journals) {
      if (gone.has(journal.id)) continue;
      if (because === 'size' && bytes <= maxBytes) break;
      if (because === 'age' && nowMs - journal.lastWrittenMs < olderThanMs) continue;
      const isNewest = newest.has(journal.id);
      if ((because === 'size' || isNewest) && (await isUnfinished(journal))) continue;
      if (isNewest && (await owes(journal))) continue;
      if (!dryRun && !(await remove(journal))) continue;
      removed.push({ id: journal.id, bytes: journal.bytes, because });
      gone.add(journal.id);
      bytes -= journal.bytes;
    }
  return { removed, bytes };
}
