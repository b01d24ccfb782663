/** Takes a journal of a folder into the database, from where it was left on: nothing twice, and in its order. */
import type { Transactional } from '../../postgres/database.ts';
import { type FileBytes, NO_BYTES } from '../folder/folder-changes.ts';
import type { JournalPaths } from '../folder/journal-paths.ts';
import { readSince } from '../folder/read-lines.ts';
import type { JournalEntry } from '../journal-entry.ts';
import { JournalError } from '../journal-error.ts';
import { keepEntries, keepJournal, lined, OtherEntryError } from './keep-entries.ts';

export interface TakenIn {
  /** How far its files are in the database now. */
  readonly bytes: FileBytes;
  /** How many entries are new there. */
  readonly fresh: number;
  /** A sentence for each line that is damaged, and left out; the first ones. */
  readonly problems: readonly string[];
}

const TOLD_PROBLEMS = 3;

/**
 * @param from how far its files are there already
 * @throws {JournalError} where the folder has no such journal, it is damaged, or the database has another one of its name
 * @throws {StoreError} where the database cannot be written
 */
export async function takeIn(
  database: Transactional,
  paths: JournalPaths,
  id: string,
  from: FileBytes,
): Promise<TakenIn> {
  try {
    return await takeSince(database, paths, id, from);
  } catch (error) {
    if (!(error instanceof OtherEntryError)) throw error;
    await removeOutdated(database, paths, id, error);
    return await takeSince(database, paths, id, NO_BYTES);
  }
}

async function takeSince(
  database: Transactional,
  paths: JournalPaths,
  id: string,
  from: FileBytes,
): Promise<TakenIn> {
  const problems: string[] = [];
  let { journal, samples } = from;
  let fresh = 0;
  for await (const { lines, endByte } of readSince(paths.journal(id), journal)) {
    const entries = lines.flatMap(({ entry }) => entry ?? []);
    problems.push(...lines.flatMap(({ problem }) => problem ?? []).slice(0, TOLD_PROBLEMS));
    fresh += await keep(database, id, entries, journal === 0);
    journal = endByte;
  }
  if (journal === 0) throw notBegun();
  for await (const { lines, endByte } of readSamples(paths, id, samples)) {
    const entries = lines.flatMap(({ entry }) => entry ?? []);
    fresh += await keep(database, id, entries, false);
    samples = endByte;
  }
  return { bytes: { journal, samples }, fresh, problems: problems.slice(0, TOLD_PROBLEMS) };
}

async function* readSamples(paths: JournalPaths, id: string, from: number): ReturnType<typeof readSince> {
  try {
    yield* readSince(paths.samples(id), from);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** @param first they begin the journal @returns how many are new */
async function keep(
  database: Transactional,
  id: string,
  entries: readonly JournalEntry[],
  first: boolean,
): Promise<number> {
  const [opened] = entries;
  if (first && (opened?.type !== 'opened' || opened.id !== id)) throw notBegun();
  if (opened === undefined) return 0;
  return await database.transaction(async (within) => {
    if (first && opened.type === 'opened') {
      await keepJournal(within, opened);
      await within.query('insert into switchover.taken_in values ($1) on conflict do nothing', [id]);
    }
    return await keepEntries(within, id, entries.map(lined));
  });
}

/**
 * After a loss of power the folder may lack its last entries, and its next writer gave their numbers to others: what is acted
 * by is the folder, so the database follows it.
 * @throws {JournalError} where it is another journal that has this name
 */
async function removeOutdated(
  database: Transactional,
  paths: JournalPaths,
  id: string,
  cause: OtherEntryError,
): Promise<void> {
  const [there] = await database.query<{ line: string }>(
    'select line from switchover.entry where journal = $1 and seq = 0',
    [id],
  );
  for await (const { lines } of readSince(paths.journal(id), 0)) {
    const opened = lines[0]?.entry;
    if (opened === undefined || lined(opened).line !== there?.line) break;
    await database.query('delete from switchover.journal where id = $1', [id]);
    return;
  }
  throw new JournalError(cause.message, { cause });
}

/** Whether it says that there is no such file. */
export function isAbsent(error: unknown): boolean {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  return error instanceof JournalError && cause?.code === 'ENOENT';
}

function notBegun(): JournalError {
  return new JournalError('it does not begin with its `opened` line: it is damaged, or not written yet');
}
