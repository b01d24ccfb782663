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
  await database.query(`update switchover.summary set line = '{"id":"x"}'`);
  expect((await page()).migrations).toEqual([shown]);
});
