/** What a room adds to the backup of a store, beside the journals: its tables, row by row. */
import type { Queryable } from './database.ts';
import type { SchemaPart } from './schema.ts';
import { StoreError } from './store-error.ts';

export interface BackupTable {
  /** With its schema. */
  readonly name: string;
  readonly orderBy: string;
  /** Columns that the store gives anew. */
  readonly without?: readonly string[];
}

export interface BackupPart {
  readonly schema: SchemaPart;
  /** Those that others refer to first. */
  readonly tables: readonly BackupTable[];
  /** SQL that has a row where the store holds something of this part already: then nothing of it is taken in. */
  readonly isInUse: string;
  /** SQL that removes what new tables have in them. */
  readonly clear: string;
}

/** Rows in one statement. */
const AT_A_TIME = 1000;

/** @param write takes the table's name and a row as JSON @returns how many @throws {StoreError} */
export async function exportRows(
  within: Queryable,
  { tables }: BackupPart,
  write: (table: string, row: string) => Promise<void>,
): Promise<number> {
  let count = 0;
  for (const { name, orderBy } of tables) {
    const cursor = `backup_${name.replaceAll('.', '_')}`;
    await within.query(
      `declare ${cursor} no scroll cursor for select to_json(row)::text as row from ${name} as row order by ${orderBy}`,
    );
    for (;;) {
      const rows = await within.query<{ row: string }>(`fetch ${AT_A_TIME} from ${cursor}`);
      for (const { row } of rows) await write(name, row);
      count += rows.length;
      if (rows.length < AT_A_TIME) break;
    }
  }
  return count;
}

/** Takes the rows of a backup in, part by part: into tables that hold nothing yet, or not at all. */
export class ImportingRows {
  private readonly within: Queryable;
  private readonly parts: readonly BackupPart[];
  private readonly inUse = new Map<BackupPart, boolean>();
  private waiting: { readonly table: string; readonly rows: string[] } = { table: '', rows: [] };
  /** What is new. */
  count = 0;

  constructor(within: Queryable, parts: readonly BackupPart[]) {
    this.within = within;
    this.parts = parts;
  }

  /** @throws {StoreError} */
  async take(table: string, row: unknown): Promise<void> {
    if (this.waiting.table !== table || this.waiting.rows.length >= AT_A_TIME) {
      await this.flush();
      this.waiting = { table, rows: [] };
    }
    this.waiting.rows.push(JSON.stringify(row));
  }

  /** @throws {StoreError} where the file has a table that is not known, or what is no row of it */
  async flush(): Promise<void> {
    const { table: name, rows } = this.waiting;
    this.waiting = { table: '', rows: [] };
    if (rows.length === 0) return;
    const part = this.parts.find(({ tables }) => tables.some((table) => table.name === name));
    if (part === undefined) throw new StoreError(`the backup is damaged: it has rows of ${name}`);
    if (await this.isInUse(part)) return;
    const without = part.tables.find((table) => table.name === name)?.without ?? [];
    const columns = await columnsOf(this.within, name, without);
    const made = await this.within.query(
      `insert into ${name} (${columns}) select ${columns} from json_populate_recordset(null::${name}, $1) returning 1`,
      [`[${rows.join(',')}]`],
    );
    this.count += made.length;
  }

  private async isInUse(part: BackupPart): Promise<boolean> {
    const known = this.inUse.get(part);
    if (known !== undefined) return known;
    const is = (await this.within.query(part.isInUse)).length > 0;
    this.inUse.set(part, is);
    if (!is) await this.within.query(part.clear);
    return is;
  }
}

async function columnsOf(within: Queryable, table: string, without: readonly string[]): Promise<string> {
  const columns = await within.query<{ name: string }>(
    `select quote_ident(attname) as name from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attname <> all ($2) order by attnum`,
    [table, without],
  );
  return columns.map(({ name }) => name).join(', ');
}
