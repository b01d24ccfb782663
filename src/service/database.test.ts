/** The service with a database, on simulated guests: what is shown, and what a database that is away changes. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { JOURNAL_TABLES } from '../journal/postgres/journal-tables.ts';
import { JournalDatabase } from '../journal/postgres/testing/journal-database.ts';
import { recordInto } from '../journal/postgres/testing/record-into.ts';
import { newOpening } from '../journal/testing/happenings.ts';
import { Database } from '../postgres/database.ts';
import { upgradeSchema } from '../postgres/schema.ts';
import type { MigrationSummary } from './migration-summary.ts';
import type { Page } from './migrations-page.ts';
import { ServiceBed } from './testing/service-bed.ts';

const SOON = { timeout: 50_000, interval: 20 };

let server: JournalDatabase;
let url: string;
let bed: ServiceBed;
beforeAll(async () => {
  server = await JournalDatabase.start();
  url = await server.another('users');
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 60_000);
beforeEach(async () => {
  await using database = Database.at(url);
  await database.query('drop schema if exists switchover cascade');
  await upgradeSchema(database, [JOURNAL_TABLES]);
  bed = new ServiceBed(url);
});
afterEach(async () => await bed[Symbol.asyncDispose](), 60_000);

async function page(query = ''): Promise<Page> {
  return (await (await bed.ask('GET', `/v1/migrations${query}`)).json()) as Page;
}

async function idsOf(query = ''): Promise<string[]> {
  return (await page(query)).migrations.map(({ id }) => id);
}

async function readiness(): Promise<string> {
  return await (await bed.ask('GET', '/readyz')).text();
}

/** What `prune` does: only the database has it from now on. */
async function onlyInDatabase(id: string): Promise<void> {
  await expect.poll(readiness, SOON).toBe('ready\n');
  await expect.poll(() => bed.archive?.onlyInFolder.size, SOON).toBe(0);
  for (const end of ['jsonl', 'samples.jsonl'])
    rmSync(path.join(bed.folder, 'journal', `${id}.${end}`), { force: true });
  bed.live.forget(id);
}

test('migrations that only the database has are listed, searched, read and replayed as before', async () => {
  const ids: string[] = [];
  for (const reason of ['first', 'second', 'third']) ids.unshift(await bed.migrated({ reason }));
  const before = await page();
  const [, second = ''] = ids;
  const detail = await (await bed.ask('GET', `/v1/migrations/${second}`)).json();
  const events = await (await bed.ask('GET', `/v1/migrations/${second}/events`)).text();
  for (const id of ids) await onlyInDatabase(id);
  // Of a migration that is followed no more, samples of the last second are not looked at.
  const rated = ({ transferBytesPerSecond: _, remainingBytes: __, pass: ___, ...rest }: MigrationSummary) =>
    rest;
  expect((await page()).migrations.map(rated)).toEqual(before.migrations.map(rated));
  expect(await (await bed.ask('GET', `/v1/migrations/${second}`)).json()).toMatchObject({ id: second });
  const again = (await (await bed.ask('GET', `/v1/migrations/${second}`)).json()) as object;
  expect({ ...again, ticks: [] }).toEqual({ ...(detail as object), ticks: [] });
  expect(await (await bed.ask('GET', `/v1/migrations/${second}/events`)).text()).toBe(events);
  expect((await bed.ask('POST', `/v1/migrations/${second}/replay`, { body: {} })).status).toBe(200);
  expect(await idsOf('?q=SECOND')).toEqual([second]);
  expect(await idsOf('?outcome=failed')).toEqual([]);
  expect(await page('?limit=2')).toMatchObject({ next: second });
  expect(await page(`?limit=2&before=${second}`)).toMatchObject({ migrations: [{ id: ids[2] }], next: null });
});

test('what is followed, what the command line does, and what is over are one list', async () => {
  const over = await bed.migrated({ reason: 'over' });
  await onlyInDatabase(over);
  const commandLine = new FolderJournals(bed.folder);
  const theirs = await commandLine.open(newOpening({ reason: 'by the command line' }));
  const ours = await bed.migrate('slow', { reason: 'ours' });
  expect(await idsOf()).toEqual([ours, theirs.id, over]);
  theirs.append(1, { type: 'state', from: 'copying', to: 'switching-over' });
  await theirs.flush();
  // As it grows, whether or not the database has it yet.
  const shown = async () => (await page('?q=command+line')).migrations;
  expect(await shown()).toMatchObject([
    { state: 'switching-over', followed: false, final: false, actions: [] },
  ]);
  expect(await idsOf('?state=running')).toEqual([ours]);
  expect(await idsOf('?state=ended')).toEqual([theirs.id, over]);
  expect(await idsOf('?q=ours')).toEqual([ours]);
  // It is known to whoever begins here: what is acted by is read in the folder.
  expect(await bed.store.unfinishedOf({ uuid: newOpening().vmUuid, vm: 'qmp:/a' })).toMatchObject({
    id: theirs.id,
  });
  await theirs.close();
});

test('a database that is away holds up no migration, and what it lacks is told', async () => {
  const over = await bed.migrated();
  await onlyInDatabase(over);
  server.signal('SIGSTOP');
  const meanwhile = await bed.migrated({ reason: 'meanwhile' });
  await expect
    .poll(readiness, SOON)
    .toMatch(/does not answer\); migrations go on, and their journals wait in/);
  expect(await page()).toMatchObject({
    migrations: [{ id: meanwhile, final: true }],
    problem: expect.stringContaining('does not answer'),
  });
  expect(await (await bed.ask('GET', `/v1/migrations/${meanwhile}`)).json()).toMatchObject({
    outcome: 'completed',
  });
  const away = await bed.ask('GET', `/v1/migrations/${over}`);
  expect([away.status, await away.json()]).toMatchObject([503, { code: 'journals-unreadable' }]);
  expect(await (await bed.ask('GET', '/metrics')).text()).toContain('switchover_history_complete 0');
  server.signal('SIGCONT');
  await expect.poll(readiness, SOON).toBe('ready\n');
  await onlyInDatabase(meanwhile);
  expect(await idsOf()).toEqual([meanwhile, over]);
  expect(await (await bed.ask('GET', '/metrics')).text()).toContain('switchover_history_complete 1');
});

test('a summary that another switchover kept is made anew, from what the database has', async () => {
  const id = await recordInto(new FolderJournals(bed.folder));
  await expect.poll(readiness, SOON).toBe('ready\n');
  const [shown] = (await page()).migrations;
  await onlyInDatabase(id);
  await using database = Database.at(url);
  for (const line of ['{"id":"x"}', 'nonsense', '']) {
    await database.query('update switchover.summary set line = $1', [line]);
    expect((await page()).migrations).toEqual([shown]);
  }
});

/** By hand: how many, and the times of pages are told. */
const MANY = Number(process.env['SWITCHOVER_TEST_MIGRATIONS'] ?? 5000);

test('of many, each page comes from the database, whatever is asked for', async () => {
  const id = await recordInto(new FolderJournals(bed.folder), true, { reason: 'REASON' });
  await expect.poll(readiness, SOON).toBe('ready\n');
  await onlyInDatabase(id);
  await using database = Database.at(url);
  await database.transaction(
    async (within) =>
      await within.query(
        `with made as (
       select n, to_char(timestamptz '2020-01-01' + n * interval '1 minute', 'YYYYMMDD"T"HH24MISS.000') || '-vm' || n % 1000 || '-0000' as id
       from generate_series(1, $1::int) as n
     ), journals as (
       insert into switchover.journal (id, vm, guest_name, policy, started_at, state, outcome, runs_on, pause_ms, unfinished, bytes, last_written, searched)
       select made.id, vm, 'vm' || n % 1000, policy, started_at, state, case when n % 500 = 0 then 'failed' else 'completed' end, runs_on, pause_ms,
         false, 50000, last_written, lower(made.id) || ' vm' || n % 1000 || ' qemu+ssh://root@host' || n % 100 || '/system maintenance of rack ' || n % 20
       from made, switchover.journal returning id
     )
     insert into switchover.summary
     select id, replace(replace(replace(line, $2, id), 'REASON', 'maintenance of rack ' || n % 20),
       case when n % 500 = 0 then '"outcome":"completed"' else '' end, '"outcome":"failed"')
     from made, switchover.summary`,
        [MANY, id],
      ),
  );
  await database.query('vacuum analyze');
  const middle = (await idsOf('?limit=1000')).at(-1) ?? '';
  const asked: readonly [string, string, number][] = [
    ['the newest', '', 50],
    ['a later page', `?before=${middle}`, 50],
    ['a search that finds many', '?q=RACK+7', 50],
    ['a search that finds one', `?q=${middle}`, 1],
    ['a search that finds none', '?q=nobody', 0],
    ['an outcome', '?outcome=failed', Math.min(50, MANY / 500)],
    ['an outcome that none has', '?outcome=aborted', 0],
    ['an outcome and a search that none has', '?outcome=failed&q=rack+7', 0],
    ['those that are over', '?state=ended', 50],
  ];
  // Their journals are not there: who read one would find nothing.
  for (const [what, query, count] of asked) {
    const begunMs = performance.now();
    const { migrations, problem } = await page(query);
    const tookMs = Math.round(performance.now() - begunMs);
    if (process.env['SWITCHOVER_TEST_MIGRATIONS']) console.log(`${what}: ${tookMs} ms`);
    expect([what, migrations.length, problem]).toEqual([what, count, undefined]);
  }
});
