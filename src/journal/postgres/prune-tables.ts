/** Which journals go, by `prune-rules.ts`, and how they do. */
import type { Database } from '../../postgres/database.ts';
import { owesSettings } from '../former-settings.ts';
import type { PruneOptions, PruneReport } from '../journal-store.ts';
import { type Prunable, pruneBy } from '../prune-rules.ts';
import { OLDEST_FIRST } from './journal-tables.ts';
import { readRowsView } from './read-rows.ts';

interface Kept extends Prunable {
  readonly vm: string;
  readonly unfinished: boolean;
  /** As the database writes it, exactly. */
  readonly written: string;
}

/** @throws {StoreError} */
export async function pruneTables(database: Database, options: Partial<PruneOptions>): Promise<PruneReport> {
  const journals = await database.query<Kept>(
    `select id, coalesce(vm_uuid, vm) as vm, bytes::float8 as bytes, unfinished, last_written::text as written,
       (extract(epoch from last_written) * 1000)::float8 as "lastWrittenMs"
     from switchover.journal ${OLDEST_FIRST}`,
  );
  // One without a UUID may be of a VM that has one: each counts as a VM of its own, so rather too much stays.
  const newest = new Set(new Map(journals.map(({ vm, id }) => [vm, id])).values());
  const { removed, bytes } = await pruneBy(
    {
      journals,
      newest,
      isUnfinished: ({ unfinished }) => unfinished,
      owes: async ({ id }) => await owes(database, id),
      remove: async (journal) => await remove(database, journal),
    },
    options,
  );
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
