/** How entries come into the tables, from a recorder, a folder or a backup. */
import type { Queryable } from '../../postgres/database.ts';
import { StoreError } from '../../postgres/store-error.ts';
import type { JournalEntry, Opened } from '../journal-entry.ts';
import { lineOf } from '../line-of.ts';
import { isUnfinished } from '../unfinished.ts';

export type OpenedEntry = JournalEntry & Opened;

/** An entry, and the line that is kept of it. */
export interface Lined {
  readonly entry: JournalEntry;
  readonly line: string;
}

export function lined(entry: JournalEntry): Lined {
  return { entry, line: lineOf(entry) };
}

/** Another writer took a number of this journal for another entry. */
export class OtherEntryError extends StoreError {}

/** The journal's own row, unless it is there. @throws {StoreError} */
export async function keepJournal(database: Queryable, entry: OpenedEntry): Promise<void> {
  await database.query(
    `insert into switchover.journal (id, vm, vm_uuid, guest_name, policy, started_at, state, last_written, searched)
     values ($1, $2, $3, $4, $5, $6, 'copying', $6, $7) on conflict (id) do nothing`,
    [entry.id, entry.vm, entry.vmUuid, entry.guest.name, entry.policy, timeOf(entry), searchedIn(entry)],
  );
}

/** What a search for a part of it finds. A text of PostgreSQL's takes no NUL. */
function searchedIn({ id, guest, vmUuid, vm, destination, reason, correlationId }: OpenedEntry): string {
  return [id, guest.name, vmUuid, vm, destination, reason, correlationId]
    .filter((each) => each !== null && each !== undefined)
    .join('\n')
    .replaceAll('\0', ' ')
    .toLowerCase();
}

const KEEP = `
with new_entries as (
  insert into switchover.entry (journal, seq, line)
  select $1, seq, line from unnest($2::bigint[], $3::text[]) as given (seq, line)
  on conflict do nothing returning line
), new_samples as (
  insert into switchover.sample (journal, seq, line)
  select $1, seq, line from unnest($4::bigint[], $5::text[]) as given (seq, line)
  on conflict do nothing returning line
), outdated as (
  delete from switchover.summary where journal = $1
), size as (
  select count(*) as lines, coalesce(sum(octet_length(line) + 1), 0) as bytes
  from (select line from new_entries union all select line from new_samples) as lines
)
update switchover.journal set
  bytes = journal.bytes + size.bytes,
  last_written = greatest(last_written, $6::timestamptz),
  state = coalesce($7, state),
  outcome = coalesce($8, outcome),
  runs_on = coalesce($9, runs_on),
  pause_ms = case when $8::text is null then pause_ms else $10::float8 end,
  unfinished = coalesce($11::boolean, unfinished)
from size where id = $1
returning size.lines::int as lines, (select count(*) from new_entries)::int as entries`;

/**
 * All of them in one statement. What is there already stays, so a write whose answer was lost can be repeated.
 * @returns how many are new
 * @throws {StoreError} also where another writer took one of the numbers for another entry
 */
export async function keepEntries(database: Queryable, id: string, given: readonly Lined[]): Promise<number> {
  const entries = given.filter(({ entry }) => entry.type !== 'tick');
  const samples = given.filter(({ entry }) => entry.type === 'tick');
  const last = given.at(-1);
  if (last === undefined) return 0;
  const told = entries.map(({ entry }) => entry);
  const state = told.findLast((entry) => entry.type === 'state')?.to;
  const ended = told.findLast((entry) => entry.type === 'ended');
  const [kept] = await database.query<{ lines: number; entries: number }>(KEEP, [
    id,
    entries.map(({ entry }) => entry.seq),
    entries.map(({ line }) => line),
    samples.map(({ entry }) => entry.seq),
    samples.map(({ line }) => line),
    timeOf(last.entry),
    state ?? null,
    ended?.outcome.outcome ?? null,
    ended?.outcome.runsOn ?? null,
    ended?.outcome.pauseMs ?? null,
    ended ? isUnfinished(ended) : null,
  ]);
  if (kept === undefined) throw new StoreError(`there is no journal ${id} any more`);
  if (kept.entries < entries.length) await refuseOthers(database, id, entries);
  return kept.lines;
}

async function refuseOthers(database: Queryable, id: string, entries: readonly Lined[]): Promise<void> {
  const rows = await database.query<{ seq: number; line: string }>(
    'select seq::float8 as seq, line from switchover.entry where journal = $1 and seq = any ($2::bigint[])',
    [id, entries.map(({ entry }) => entry.seq)],
  );
  const there = new Map(rows.map(({ seq, line }) => [seq, line]));
  const other = entries.find(({ entry, line }) => there.get(entry.seq) !== line);
  if (other)
    throw new OtherEntryError(
      `the journal ${id} has another entry under the number ${other.entry.seq}: somebody else wrote it`,
    );
}

/** A journal that somebody wrote may have anything for a time. */
function timeOf({ time }: JournalEntry): string {
  const ms = Date.parse(time);
  return new Date(Number.isNaN(ms) ? Date.now() : ms).toISOString();
}
