/** Writes a store's backup, and takes one in: all of it, or nothing. */
import { type BackupPart, exportRows, ImportingRows } from '../../postgres/backup-part.ts';
import type { Database, Queryable } from '../../postgres/database.ts';
import { StoreError } from '../../postgres/store-error.ts';
import { parseEntry } from '../parse-entry.ts';
import {
  type BackupLine,
  type Counts,
  checkHeader,
  endLine,
  entryLine,
  headerLine,
  parseBackupLine,
  rowLine,
  takenInLine,
} from './backup-file.ts';
import { JOURNAL_TABLES, OLDEST_FIRST } from './journal-tables.ts';
import { keepEntries, keepJournal, type Lined } from './keep-entries.ts';

/** Entries in one statement. */
const AT_A_TIME = 1000;

export interface ExportReport extends Counts {
  /** A sentence for each entry that is damaged in the database, and left out. */
  readonly problems: readonly string[];
}

/**
 * All of one moment, whatever is written meanwhile.
 * @param write takes one line, without its end
 * @param others what is kept beside the journals
 * @throws {StoreError}
 */
export async function exportStore(
  database: Database,
  write: (line: string) => Promise<void>,
  others: readonly BackupPart[] = [],
): Promise<ExportReport> {
  return await database.transaction(
    async (within) => {
      await write(headerLine(schemaOf(others)));
      const takenIn = await within.query<{ id: string }>('select id from switchover.taken_in order by id');
      for (const { id } of takenIn) await write(takenInLine(id));
      const ids = await within.query<{ id: string }>(`select id from switchover.journal ${OLDEST_FIRST}`);
      const problems: string[] = [];
      let entries = 0;
      for (const { id } of ids)
        for (const line of await linesOf(within, id)) {
          const { problem } = parseEntry(line, id);
          if (problem === undefined) {
            await write(entryLine(id, line));
            entries += 1;
          } else problems.push(`left out of the backup: ${problem}`);
        }
      let rows = 0;
      for (const part of others)
        rows += await exportRows(within, part, async (table, row) => await write(rowLine(table, row)));
      const counts = { journals: ids.length, entries, rows };
      await write(endLine(counts));
      return { ...counts, problems };
    },
    { mode: 'isolation level repeatable read read only' },
  );
}

/**
 * What is there already stays, so a backup may be imported twice.
 * @param file its name, for sentences
 * @param others what is kept beside the journals
 * @returns how much of it is new here
 * @throws {StoreError} where a line is damaged, or the file is of a newer switchover; nothing is imported then
 */
export async function importStore(
  database: Database,
  lines: AsyncIterable<string>,
  file: string,
  others: readonly BackupPart[] = [],
): Promise<Counts> {
  return await database.transaction(async (within) => {
    const importing = new Importing(within, new ImportingRows(within, others));
    let number = 0;
    let end: Counts | undefined;
    for await (const line of lines) {
      number += 1;
      const where = `${file}:${number}`;
      if (end !== undefined) throw new StoreError(`${where} stands after the end of the backup`);
      if (number === 1) checkHeader(line, where, schemaOf(others));
      else end = await importing.take(parseBackupLine(line, where), where);
    }
    if (end === undefined)
      throw new StoreError(`${file} is cut off: its last line is not the end of a backup`);
    return importing.counts;
  });
}

function schemaOf(others: readonly BackupPart[]): Readonly<Record<string, number>> {
  const parts = [JOURNAL_TABLES, ...others.map(({ schema }) => schema)];
  return Object.fromEntries(parts.map(({ name, steps }) => [name, steps.length]));
}

class Importing {
  private readonly within: Queryable;
  private readonly rows: ImportingRows;
  private readonly seen = new Set<string>();
  private waiting: { readonly id: string; readonly entries: Lined[] } | undefined;
  private entries = 0;
  private journals = 0;
  private readCount = 0;
  private rowCount = 0;

  constructor(within: Queryable, rows: ImportingRows) {
    this.within = within;
    this.rows = rows;
  }

  /** What is new. */
  get counts(): Counts {
    return { journals: this.journals, entries: this.entries, rows: this.rows.count };
  }

  /** @returns what the file has, at its end @throws {StoreError} */
  async take(line: BackupLine, where: string): Promise<Counts | undefined> {
    switch (line.kind) {
      case 'taken-in':
        await this.within.query('insert into switchover.taken_in values ($1) on conflict do nothing', [
          line.id,
        ]);
        return undefined;
      case 'entry':
        await this.takeEntry(line.id, line.kept, where);
        return undefined;
      case 'row':
        await this.rows.take(line.table, line.row);
        this.rowCount += 1;
        return undefined;
      case 'end':
        await this.flush();
        await this.rows.flush();
        if (line.counts.entries !== this.readCount)
          throw new StoreError(
            `${where} says that ${line.counts.entries} entries stand before it, and there are ${this.readCount}: the backup is damaged`,
          );
        if (line.counts.rows !== this.rowCount)
          throw new StoreError(
            `${where} says that ${line.counts.rows} rows stand before it, and there are ${this.rowCount}: the backup is damaged`,
          );
        return line.counts;
    }
  }

  private async takeEntry(id: string, kept: Lined, where: string): Promise<void> {
    if (this.waiting?.id !== id || this.waiting.entries.length >= AT_A_TIME) {
      await this.flush();
      await this.begin(id, kept, where);
      this.waiting = { id, entries: [] };
    }
    this.waiting.entries.push(kept);
    this.readCount += 1;
  }

  private async begin(id: string, { entry }: Lined, where: string): Promise<void> {
    if (this.seen.has(id)) return;
    this.seen.add(id);
    const there = await this.within.query('select from switchover.journal where id = $1', [id]);
    if (there.length > 0) return;
    if (entry.type !== 'opened' || entry.id !== id)
      throw new StoreError(`${where} is damaged: the journal ${id} does not begin with its opening`);
    await keepJournal(this.within, entry);
    this.journals += 1;
  }

  private async flush(): Promise<void> {
    if (this.waiting) this.entries += await keepEntries(this.within, this.waiting.id, this.waiting.entries);
    this.waiting = undefined;
  }
}

async function linesOf(within: Queryable, id: string): Promise<readonly string[]> {
  const rows = await within.query<{ line: string }>(
    `select line from (select seq, line from switchover.entry where journal = $1
       union all select seq, line from switchover.sample where journal = $1) as lines order by seq`,
    [id],
  );
  return rows.map(({ line }) => line);
}
