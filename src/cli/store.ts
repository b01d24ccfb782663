/** `switchover store`: each returns the exit status. */
import fs from 'node:fs';
import { FLEET_BACKUP } from '../fleet/fleet-backup.ts';
import { errnoWords } from '../journal/errno-words.ts';
import { exportStore, importStore } from '../journal/postgres/backup.ts';
import { JOURNAL_TABLES } from '../journal/postgres/journal-tables.ts';
import { pruneTables } from '../journal/postgres/prune-tables.ts';
import { TABLES_KEEP } from '../journal/postgres/tables-keep.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { shown } from '../model/shown.ts';
import { formatBytes } from '../model/units.ts';
import { type OpenedStore, openStore } from '../postgres/open-store.ts';
import { openSchema, type PartVersion, upgradeSchema, versionsOf } from '../postgres/schema.ts';
import { EXIT } from './exit-status.ts';
import { standardError } from './output/standard.ts';
import { type PruneLimits, tellPruned } from './prune.ts';
import { type StoreOptions, storeChoiceOf } from './store-choice.ts';
import { UsageError } from './usage-error.ts';

interface StoreCliOptions extends StoreOptions {
  readonly json?: boolean;
}

const PARTS = [JOURNAL_TABLES, FLEET_BACKUP.schema];
/** What is read and written at a time. */
const PIECE_LENGTH = 64 * 1024;

export async function storeStatus(options: StoreCliOptions): Promise<number> {
  await using store = await opened(options, false);
  const { database } = store;
  const versions = await versionsOf(database, PARTS);
  const [server] = await database.query<{ version: string }>(
    "select current_setting('server_version') as version",
  );
  const holds = versions.some(({ name, version }) => name === JOURNAL_TABLES.name && version > 0)
    ? (
        await database.query<{ journals: number; bytes: number }>(
          'select count(*)::int as journals, coalesce(sum(bytes), 0)::float8 as bytes from switchover.journal',
        )
      )[0]
    : undefined;
  const { journals = 0, bytes = 0 } = holds ?? {};
  const document = {
    schema: 1,
    place: database.place,
    server: server?.version,
    tables: versions,
    journals,
    bytes,
  };
  if (options.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else
    process.stdout.write(
      `${shown(database.place)}, PostgreSQL ${shown(server?.version ?? '')}\n${versions.map(textOf).join('\n')}\n${counted(journals, 'journal')} of ${formatBytes(bytes)}\n`,
    );
  return EXIT.migrated;
}

export async function storeUpgrade(options: StoreCliOptions): Promise<number> {
  await using store = await opened(options, true);
  const before = await upgradeSchema(store.database, PARTS);
  const lines = before.map(({ name, version, known }) =>
    version === known
      ? `the tables of the ${name} have version ${known} already`
      : `the tables of the ${name} have version ${known} now, ${version === 0 ? 'and are new' : `from ${version}`}`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.migrated;
}

export async function storePrune(options: StoreCliOptions & PruneLimits): Promise<number> {
  await using store = await opened(options, false);
  await openTables(store);
  const { olderThan = TABLES_KEEP.olderThanMs, maxSize = TABLES_KEEP.maxBytes } = options;
  const limits = { olderThanMs: olderThan, maxBytes: maxSize };
  const report = await pruneTables(store.database, { ...limits, dryRun: options.dryRun === true });
  return tellPruned(report, limits.maxBytes, options);
}

export async function storeExport(file: string, options: StoreCliOptions): Promise<number> {
  await using store = await opened(options, false);
  await openTables(store);
  const { journals, entries, rows, problems } = await writing(file, (write) =>
    exportStore(store.database, write, [FLEET_BACKUP]),
  );
  process.stdout.write(
    `${counted(journals, 'journal')} with ${counted(entries, 'entry')}, and ${counted(rows, 'row')} of the fleet, in ${shown(file)}\n`,
  );
  for (const problem of problems) standardError().write(`switchover: ${shown(problem)}\n`);
  return problems.length === 0 ? EXIT.migrated : EXIT.unexpected;
}

export async function storeImport(file: string, options: StoreCliOptions): Promise<number> {
  const input = await fs.promises.open(file).catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read (${errnoWords(cause)})`);
  });
  try {
    await using store = await opened(options, true);
    await openTables(store);
    const { journals, entries, rows } = await importStore(store.database, linesOf(input), file, [
      FLEET_BACKUP,
    ]);
    process.stdout.write(
      `${counted(journals, 'journal')}, ${counted(entries, 'entry')} and ${counted(rows, 'row')} of the fleet of ${shown(file)} are new in the store\n`,
    );
    return EXIT.migrated;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall !== 'read') throw cause;
    throw new UsageError(`${file} cannot be read (${errnoWords(cause)})`);
  } finally {
    await input.close();
  }
}

async function opened(options: StoreOptions, make: boolean): Promise<OpenedStore> {
  return await openStore(storeChoiceOf(options, stateDirectory(undefined), make));
}

/** The user's own are changed by `store upgrade` only. */
async function openTables({ database, isOwn }: OpenedStore): Promise<void> {
  await openSchema(database, PARTS, isOwn ? 'upgrade' : 'refuse');
}

/** Read as they are asked for: `node:readline` loses those that come before somebody listens. */
async function* linesOf(input: fs.promises.FileHandle): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  const piece = Buffer.alloc(PIECE_LENGTH);
  let rest = '';
  for (;;) {
    const { bytesRead } = await input.read(piece, 0, PIECE_LENGTH, null);
    if (bytesRead === 0) break;
    const lines = (rest + decoder.decode(piece.subarray(0, bytesRead), { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** Into a file beside it first: what was there before goes once the new one is whole. */
async function writing<T>(
  file: string,
  doing: (write: (line: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const next = `${file}.${process.pid}`;
  try {
    const output = await fs.promises.open(next, 'wx', 0o600);
    try {
      let waiting = '';
      const result = await doing(async (line) => {
        waiting += `${line}\n`;
        if (waiting.length < PIECE_LENGTH) return;
        await output.appendFile(waiting);
        waiting = '';
      });
      await output.appendFile(waiting);
      await output.sync();
      await fs.promises.rename(next, file);
      return result;
    } finally {
      await output.close();
    }
  } catch (cause) {
    await fs.promises.rm(next, { force: true });
    const { syscall } = cause as NodeJS.ErrnoException;
    if (syscall === undefined) throw cause;
    throw new UsageError(`${file} cannot be written (${errnoWords(cause)})`);
  }
}

function textOf({ name, version, known }: PartVersion): string {
  if (version === known) return `the tables of the ${name} have version ${version}`;
  const is = version === 0 ? 'are not there yet' : `have version ${version}`;
  const remedy = version < known ? '`switchover store upgrade` makes them' : 'use a newer switchover';
  return `the tables of the ${name} ${is}, this switchover knows version ${known}: ${remedy}`;
}

function counted(count: number, what: 'journal' | 'entry' | 'row'): string {
  if (count === 1) return `1 ${what}`;
  return `${count} ${what === 'entry' ? 'entries' : `${what}s`}`;
}
