/**
 * Copies the journals of a folder, which the command line on this machine writes, into the database. Each is taken once; one
 * that went on meanwhile is continued from the entry where it stopped. One that was removed from the database since stays away.
 */
import type { Database } from '../../postgres/database.ts';
import { StoreError } from '../../postgres/store-error.ts';
import type { JournalEntry } from '../journal-entry.ts';
import { JournalError } from '../journal-error.ts';
import type { JournalStore } from '../journal-store.ts';
import { keepEntries, keepJournal, lined } from './keep-entries.ts';

export interface TakeInReport {
  /** Ids of journals that are new in the database. */
  readonly taken: readonly string[];
  /** Ids of those that had more entries since. */
  readonly continued: readonly string[];
  /** A sentence for each thing that could not be taken. */
  readonly problems: readonly string[];
}

/** A journal that ended may get a last warning: it is looked into again until it has been quiet for that long. */
const QUIET_MS = 24 * 3600e3;
/** Entries in one statement. */
const AT_A_TIME = 1000;

interface Known {
  readonly id: string;
  readonly isThere: boolean;
  readonly unfinished: boolean | null;
  readonly writtenMs: number | null;
}

/** @throws {JournalError} when the folder cannot be read @throws {StoreError} when the database cannot be written */
export async function takeInFolder(
  folder: JournalStore,
  database: Database,
  nowMs: number = Date.now(),
): Promise<TakeInReport> {
  const report = { taken: [] as string[], continued: [] as string[], problems: [] as string[] };
  const known = await knownIn(database);
  for (const id of await folder.list()) {
    const there = known.get(id);
    if (there && !needsLook(there, nowMs)) continue;
    try {
      const { entries, problems } = await folder.read(id, 0, { samples: true });
      const fresh = await takeIn(database, id, entries, there !== undefined);
      if (there === undefined) report.taken.push(id);
      else if (fresh > 0) report.continued.push(id);
      if (fresh > 0) report.problems.push(...problems);
    } catch (error) {
      const isOfThisJournal = error instanceof JournalError || isLeftOut(error);
      if (!isOfThisJournal) throw error;
      report.problems.push(`left out ${id}: ${error.message}`);
    }
  }
  return report;
}

async function knownIn(database: Database): Promise<ReadonlyMap<string, Known>> {
  const rows = await database.query<Known>(
    `select coalesce(journal.id, taken_in.id) as id, journal.id is not null as "isThere", unfinished,
       (extract(epoch from last_written) * 1000)::float8 as "writtenMs"
     from switchover.journal full join switchover.taken_in on taken_in.id = journal.id`,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function needsLook({ isThere, unfinished, writtenMs }: Known, nowMs: number): boolean {
  return isThere && (unfinished === true || nowMs - (writtenMs ?? 0) < QUIET_MS);
}

/** @returns how many entries are new */
async function takeIn(
  database: Database,
  id: string,
  entries: readonly JournalEntry[],
  isThere: boolean,
): Promise<number> {
  const [first] = entries;
  if (first?.type !== 'opened' || first.id !== id)
    throw new JournalError('it does not begin with its `opened` line: it is damaged, or not written yet');
  return await database.transaction(async (within) => {
    if (!isThere) {
      await keepJournal(within, first);
      await within.query('insert into switchover.taken_in values ($1) on conflict do nothing', [id]);
    }
    let fresh = 0;
    for (let from = 0; from < entries.length; from += AT_A_TIME)
      fresh += await keepEntries(within, id, entries.slice(from, from + AT_A_TIME).map(lined));
    return fresh;
  });
}

/** What the tables hold under its id is another journal, or somebody takes it in right now. */
function isLeftOut(error: unknown): error is StoreError {
  return error instanceof StoreError && (error.cause === undefined || error.sqlState === '23505');
}
