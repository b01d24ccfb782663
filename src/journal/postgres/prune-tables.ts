/** Which journals go: by the same rules as in a folder (`folder/prune-folder.ts`). */
import type { Database } from '../../postgres/database.ts';
import { owesSettings } from '../former-settings.ts';
import {
  KEEP_BYTES,
  KEEP_FOR_MS,
  type PrunedJournal,
  type PruneOptions,
  type PruneReport,
} from '../journal-store.ts';
import { OLDEST_FIRST } from './journal-tables.ts';
import { readRowsView } from './read-rows.ts';

interface Kept {
  readonly id: string;
  readonly vm: string;
  readonly bytes: number;
  readonly unfinished: boolean;
  readonly writtenMs: number;
  /** As the database writes it, exactly. */
  readonly written: string;
}

/** @throws {StoreError} */
export async function pruneTables(
  database: Database,
  {
    olderThanMs = KEEP_FOR_MS,
    maxBytes = KEEP_BYTES,
    nowMs = Date.now(),
    dryRun = false,
  }: Partial<PruneOptions>,
): Promise<PruneReport> {
  const journals = await database.query<Kept>(
    `select id, coalesce(vm_uuid, vm) as vm, bytes::float8 as bytes, unfinished, last_written::text as written,
       (extract(epoch from last_written) * 1000)::float8 as "writtenMs"
     from switchover.journal ${OLDEST_FIRST}`,
  );
  // One without a UUID may be of a VM that has one: each counts as a VM of its own, so rather too much stays.
  const newest = new Set(new Map(journals.map(({ vm, id }) => [vm, id])).values());
  const removed: PrunedJournal[] = [];
  const gone = new Set<string>();
  let bytes = journals.reduce((sum, each) => sum + each.bytes, 0);

  for (const because of ['age', 'size'] as const)
    for (const journal of journals) {
      if (gone.has(journal.id)) continue;
      if (because === 'size' && bytes <= maxBytes) break;
      if (because === 'age' && nowMs - journal.writtenMs < olderThanMs) continue;
      const isNewest = newest.has(journal.id);
      if ((because === 'size' || isNewest) && journal.unfinished) continue;
      if (isNewest && (await owes(database, journal.id))) continue;
      if (!dryRun && !(await remove(database, journal))) continue;
      removed.push({ id: journal.id, bytes: journal.bytes, because });
      gone.add(journal.id);
      bytes -= journal.bytes;
    }
  return { removed, kept: { count: journals.length - removed.length, bytes }, problems: [] };
}

/** One that was written meanwhile stays. @returns whether it is gone */
async function remove(database: Database, { id, written }: Kept): Promise<boolean> {
  const gone = await database.query(
    'delete from switchover.journal where id = $1 and last_written = $2::timestamptz returning id',
    [id, written],
  );
  return gone.length > 0;
}

async function owes(database: Database, id: string): Promise<boolean> {
  const view = await readRowsView(database, id);
  return view !== undefined && owesSettings(view);
}
