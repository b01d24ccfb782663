/** `switchover store`, by its command line, on a PostgreSQL of its own. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { switchover } from '../lab/switchover-process.ts';
import { FLEET_TABLES } from '../src/fleet/fleet-tables.ts';
import { NO_BYTES } from '../src/journal/folder/folder-changes.ts';
import { FolderJournals } from '../src/journal/folder/folder-journals.ts';
import { JournalPaths } from '../src/journal/folder/journal-paths.ts';
import { JOURNAL_TABLES } from '../src/journal/postgres/journal-tables.ts';
import { readRows } from '../src/journal/postgres/read-rows.ts';
import { takeIn } from '../src/journal/postgres/take-in.ts';
import { recordInto } from '../src/journal/postgres/testing/record-into.ts';
import { EVERY_HAPPENING } from '../src/journal/testing/happenings.ts';
import { Database } from '../src/postgres/database.ts';
import { EmbeddedServer } from '../src/postgres/embedded-server.ts';

let folder: string;
let dataDir: string;
let server: EmbeddedServer;
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-store-'));
  dataDir = path.join(folder, 'postgres');
  // The commands adopt it.
  server = await EmbeddedServer.start(dataDir);
}, 120_000);
afterAll(async () => {
  await server.close();
  fs.rmSync(folder, { recursive: true });
});

/** A database of its own on that server, as a user's would be. */
async function ownDatabase(name: string): Promise<string> {
  await using database = Database.of(server);
  await database.query(`create database ${name}`);
  return `postgres:///${name}?host=${encodeURIComponent(path.join(dataDir, 'run'))}&user=switchover`;
}

const store = (...args: string[]) => switchover('store', ...args);

test('a store is made, filled, written into a file, and brought back in a database', async () => {
  expect(await store('status', '--data-dir', dataDir)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(
      /^the store in .*, PostgreSQL 18\.\d+\n(the tables of the (journals|fleet) are not there yet, .*`switchover store upgrade` makes them\n){2}0 journals of 0 B\n$/,
    ),
  });
  expect(await store('upgrade', '--data-dir', dataDir)).toMatchObject({
    ...{ status: 0, stderr: '' },
    stdout: `the tables of the journals have version ${JOURNAL_TABLES.steps.length} now, and are new\nthe tables of the fleet have version ${FLEET_TABLES.steps.length} now, and are new\n`,
  });
  await using database = Database.of(server);
  const id = await recordInto(new FolderJournals(folder));
  await takeIn(database, new JournalPaths(folder), id, NO_BYTES);

  expect(await store('prune', '--data-dir', dataDir)).toMatchObject({
    ...{ status: 0, stderr: '' },
    stdout: expect.stringMatching(/^0 journals removed, 1 journal of .* left\n$/),
  });
  const old = ['--older-than', '0s', '--dry-run', '--data-dir', dataDir];
  expect(await store('prune', ...old)).toMatchObject({
    ...{ status: 0, stderr: '' },
    stdout: expect.stringMatching(
      new RegExp(`^would remove ${id} \\(.*, for its age\\)\n1 journal would go`),
    ),
  });
  expect(JSON.parse((await store('status', '--json', '--data-dir', dataDir)).stdout).journals).toBe(1);

  const file = path.join(folder, 'backup.jsonl');
  expect(await store('export', file, '--data-dir', dataDir)).toMatchObject({
    ...{ status: 0, stderr: '' },
    stdout: `1 journal with ${EVERY_HAPPENING.length} entries, and 3 rows of the fleet, in ${file}\n`,
  });
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);

  const url = await ownDatabase('users');
  const refused = await store('import', file, '--database', url);
  expect(refused).toMatchObject({ status: 3, stdout: '' });
  expect(refused.stderr).toMatch(/has no tables of switchover yet: `switchover store upgrade` makes them\n$/);
  expect(await store('upgrade', '--database', url)).toMatchObject({ status: 0 });
  expect(await store('import', file, '--database', url)).toMatchObject({
    ...{ status: 0, stderr: '' },
    stdout: `1 journal, ${EVERY_HAPPENING.length} entries and 3 rows of the fleet of ${file} are new in the store\n`,
  });
  const status = JSON.parse((await store('status', '--json', '--database', url)).stdout);
  expect(status).toMatchObject({
    ...{ schema: 1, journals: 1 },
    tables: [JOURNAL_TABLES, FLEET_TABLES].map(({ name, steps }) => ({
      ...{ name, version: steps.length, known: steps.length },
    })),
  });
  await using copy = Database.at(url);
  expect((await readRows(copy, id, 0, true)).entries).toHaveLength(EVERY_HAPPENING.length);
});

describe('what cannot be done is told in one sentence', () => {
  test.each<[string[], number, RegExp]>([
    [['status', '--data-dir', '/tmp/no/such'], 3, /there is no store in \/tmp\/no\/such yet/],
    [['status', '--database', 'geheim'], 3, /--database takes the address of a PostgreSQL/],
    [
      ['status', '--database', 'postgres://a:geheim@127.0.0.1:1/x'],
      3,
      /a@127\.0\.0\.1:1\/x cannot be reached/,
    ],
    [['status', '--database', 'postgres://a/b', '--data-dir', '/x'], 2, /exclude each other/],
    [['import', '/no/such', '--data-dir', '/tmp/no/such'], 2, /\/no\/such cannot be read \(no such file\)/],
  ])('%j', async (args, status, sentence) => {
    const ran = await store(...args);
    expect(ran).toMatchObject({ status, stdout: '' });
    expect(ran.stderr).toMatch(sentence);
    expect(ran.stderr).not.toContain('geheim');
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a backup that cannot be written, or is a folder', async () => {
    const written = await store('export', '/no/such/file', '--data-dir', dataDir);
    expect(written).toMatchObject({
      status: 2,
      stderr: 'switchover: /no/such/file cannot be written (no such file)\n',
    });
    const read = await store('import', folder, '--data-dir', dataDir);
    expect(read).toMatchObject({
      status: 2,
      stderr: `switchover: ${folder} cannot be read (it is a folder)\n`,
    });
  });
});
