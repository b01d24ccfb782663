/** Reads a journal's rows, as `folder/read-lines.ts` reads the lines of a file. */
import type { Queryable } from '../../postgres/database.ts';
import type { JournalReading } from '../journal-store.ts';
import { parseEntry } from '../parse-entry.ts';
import { foldEntry, type MigrationView, openView } from '../view.ts';

const TOLD_PROBLEMS = 3;

const ENTRIES = 'select seq, line from switchover.entry where journal = $1 and seq >= $2';
const WITH_SAMPLES = `${ENTRIES} union all select seq, line from switchover.sample where journal = $1 and seq >= $2`;

/** Empty for a journal that is not there. @throws {StoreError} */
export async function readRows(
  database: Queryable,
  id: string,
  fromSeq: number,
  samples: boolean,
): Promise<JournalReading> {
  const rows = await database.query<{ seq: string; line: string }>(
    `${samples ? WITH_SAMPLES : ENTRIES} order by seq`,
    [id, fromSeq],
  );
  const parsed = rows.map(({ seq, line }) => parseEntry(line, `${id}, entry ${seq}`));
  const problems = parsed.flatMap(({ problem }) => problem ?? []);
  const untold = problems.length - TOLD_PROBLEMS;
  return {
    id,
    entries: parsed.flatMap(({ entry }) => entry ?? []),
    problems: [
      ...problems.slice(0, TOLD_PROBLEMS),
      ...(untold > 0 ? [`${id} has ${untold} more such entries`] : []),
    ],
  };
}

/** Undefined where it is damaged, which is no reason not to take a migration over. @throws {StoreError} */
export async function readRowsView(database: Queryable, id: string): Promise<MigrationView | undefined> {
  const { entries } = await readRows(database, id, 0, false);
  const [first, ...rest] = entries;
  if (first?.type !== 'opened') return undefined;
  return rest.reduce<MigrationView>(foldEntry, openView(first));
}
