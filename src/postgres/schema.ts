/**
 * The version of the tables. Each room that keeps something has a part with its own list of steps; how many of them were
 * taken is its version. An upgrade takes those that lack, all in one transaction, and one process at a time.
 */
import type { Database, Queryable } from './database.ts';
import { StoreError } from './store-error.ts';

export interface SchemaPart {
  readonly name: string;
  /** SQL, in order. A step that was released is never changed: a new one is added. */
  readonly steps: readonly string[];
}

export interface PartVersion {
  readonly name: string;
  /** 0: not there yet. */
  readonly version: number;
  /** What this switchover brings. */
  readonly known: number;
}

/** Of advisory locks, which all users of a database share: "swov" in ASCII. */
const LOCK = 0x73776f76;

const OLDEST_SERVER = 130_000;

/** @throws {StoreError} */
export async function versionsOf(
  database: Queryable,
  parts: readonly SchemaPart[],
): Promise<readonly PartVersion[]> {
  const [there] = await database.query<{ is: boolean }>(
    "select to_regclass('switchover.schema_version') is not null as is",
  );
  const rows = there?.is
    ? await database.query<{ part: string; version: number }>(
        'select part, version from switchover.schema_version',
      )
    : [];
  const versions = new Map(rows.map(({ part, version }) => [part, version]));
  return parts.map(({ name, steps }) => ({ name, version: versions.get(name) ?? 0, known: steps.length }));
}

/**
 * Brings all parts to what this switchover knows.
 * @returns the versions from which it came
 * @throws {StoreError} when one is newer
 */
export async function upgradeSchema(
  database: Database,
  parts: readonly SchemaPart[],
): Promise<readonly PartVersion[]> {
  await checkServer(database);
  return await database.transaction(async (within) => {
    await within.query('select pg_advisory_xact_lock($1)', [LOCK]);
    const before = await versionsOf(within, parts);
    refuseNewer(database.place, before);
    if (before.every(({ version, known }) => version === known)) return before;
    await within.query('create schema if not exists switchover');
    await within.query(
      'create table if not exists switchover.schema_version (part text primary key, version int not null)',
    );
    for (const [index, { name, steps }] of parts.entries()) {
      for (const step of steps.slice(before[index]?.version ?? 0)) await within.query(step);
      await within.query(
        'insert into switchover.schema_version values ($1, $2) on conflict (part) do update set version = excluded.version',
        [name, steps.length],
      );
    }
    return before;
  });
}

/**
 * Makes sure that the tables are those that this switchover knows.
 * @param upgrade what to do where they are older: bring them up, or refuse them
 * @throws {StoreError}
 */
export async function openSchema(
  database: Database,
  parts: readonly SchemaPart[],
  upgrade: 'upgrade' | 'refuse',
): Promise<void> {
  if (upgrade === 'upgrade') {
    await upgradeSchema(database, parts);
    return;
  }
  await checkServer(database);
  const versions = await versionsOf(database, parts);
  refuseNewer(database.place, versions);
  const older = versions.find(({ version, known }) => version < known);
  if (older === undefined) return;
  const hasNone = versions.every(({ version }) => version === 0);
  const is =
    older.version === 0
      ? `has no tables of ${hasNone ? 'switchover' : `the ${older.name}`} yet`
      : `${of(older)}, and this switchover needs ${older.known}`;
  throw new StoreError(`${database.place} ${is}: \`switchover store upgrade\` makes them`);
}

/** @throws {StoreError} where the server is too old, or keeps text in another encoding */
async function checkServer(database: Database): Promise<void> {
  const [server] = await database.query<{ number: string; version: string; encoding: string }>(
    "select current_setting('server_version_num') as number, current_setting('server_version') as version, current_setting('server_encoding') as encoding",
  );
  if (Number(server?.number) < OLDEST_SERVER)
    throw new StoreError(
      `${database.place} is of PostgreSQL ${server?.version}: switchover needs 13 or newer`,
    );
  if (server?.encoding !== 'UTF8')
    throw new StoreError(
      `${database.place} keeps text as ${server?.encoding}: \`createdb --encoding=UTF8 --template=template0\` makes one that switchover can use`,
    );
}

function refuseNewer(place: string, versions: readonly PartVersion[]): void {
  const newer = versions.find(({ version, known }) => version > known);
  if (newer)
    throw new StoreError(
      `${place} ${of(newer)}, and this switchover knows up to ${newer.known}: use a newer switchover`,
    );
}

function of({ name, version }: PartVersion): string {
  return `has version ${version} of the tables of the ${name}`;
}
