import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Database } from '../../postgres/database.ts';
import { openSchema } from '../../postgres/schema.ts';
import { journalStoreContract } from '../journal-store.contract.ts';
import { EVERY_HAPPENING, newOpening, OUTCOME, TICK } from '../testing/happenings.ts';
import { viewOf } from '../view.ts';
import { JOURNAL_TABLES } from './journal-tables.ts';
import { PostgresJournals } from './postgres-journals.ts';
import { JournalDatabase } from './testing/journal-database.ts';

let bed: JournalDatabase;
let database: Database;
beforeAll(async () => {
  // SWITCHOVER_TEST_DATABASE: the contract on another PostgreSQL, by hand. It is emptied.
  bed = await JournalDatabase.start(process.env['SWITCHOVER_TEST_DATABASE']);
  ({ database } = bed);
}, 120_000);
afterAll(async () => await bed?.[Symbol.asyncDispose]());

async function empty(): Promise<void> {
  await database.query('truncate switchover.journal cascade');
}

journalStoreContract('a database', async () => {
  await empty();
  return {
    makeStore: () => new PostgresJournals(database),
    async [Symbol.asyncDispose]() {},
  };
});

describe('rows', () => {
  let store: PostgresJournals;
  beforeEach(async () => {
    await empty();
    store = new PostgresJournals(database, { retryMs: 20 });
  });

  test('hold every kind of entry as it was, with whatever a hypervisor has in its settings', async () => {
    const journal = await store.open(newOpening());
    const odd = { parameters: { a: 'nul \0, half \ud800, ü', b: 2n ** 64n }, capabilities: {} };
    const written = [
      ...EVERY_HAPPENING.filter(({ type }) => type !== 'opened'),
      { type: 'before', side: 'source', settings: odd } as const,
    ].map((happening) => journal.append(1, happening));
    await journal.close();
    const { entries, problems } = await store.read(journal.id, 1, { samples: true });
    expect(problems).toEqual([]);
    const b = String(2n ** 64n);
    const last = { ...written.at(-1), settings: { ...odd, parameters: { ...odd.parameters, b } } };
    expect(entries).toEqual([...written.slice(0, -1), last]);
  });

  test('that are damaged are left out and told', async () => {
    const journal = await store.open(newOpening());
    for (let count = 0; count < 6; count += 1) journal.append(count, { type: 'effect', did: 'stop' });
    await journal.close();
    await database.query("update switchover.entry set line = 'nonsense' where seq between 2 and 6");
    const { entries, problems } = await store.read(journal.id);
    expect(entries.map(({ seq }) => seq)).toEqual([0, 1]);
    expect(problems).toHaveLength(4);
    expect(problems[0]).toMatch(/, entry 2 is not JSON/);
    expect(problems[3]).toMatch(/has 2 more such entries/);
  });

  test('of a second writer are not lost among those of the first without a word', async () => {
    const first = await store.open(newOpening());
    const second = await store.reopen(first.id);
    first.append(1, { type: 'effect', did: 'stop' });
    expect(await first.flush()).toBe(true);
    second.append(1, { type: 'effect', did: 'cont' });
    expect(await second.flush()).toBe(false);
    await Promise.all([first.close(), second.close()]);
    const { entries } = await store.read(first.id);
    expect(entries[1]).toMatchObject({ did: 'stop' });
  });

  test('of a journal go with it', async () => {
    const journal = await store.open(newOpening());
    journal.append(1, TICK);
    await journal.close();
    await store.prune({ nowMs: Date.now() + 1e12, maxBytes: 0 });
    // The newest of a VM, and unfinished.
    expect(await store.list()).toEqual([journal.id]);
    const again = await store.reopen(journal.id);
    again.append(2, { type: 'ended', outcome: OUTCOME });
    await again.close();
    expect((await store.prune({ maxBytes: 0 })).removed).toHaveLength(1);
    expect(
      await database.query('select from switchover.entry union all select from switchover.sample'),
    ).toEqual([]);
  });
});

describe('a database that goes away amid a journal', () => {
  test('loses nothing: what was decided meanwhile is written once it is back', async () => {
    await using own = Database.of(bed.server);
    await openSchema(own, [JOURNAL_TABLES], 'upgrade');
    const store = new PostgresJournals(own, { retryMs: 50 });
    const journal = await store.open(newOpening());
    let atMs = 0;
    const append = async (count: number) => {
      for (let each = 0; each < count; each += 1) {
        atMs += 1;
        journal.append(atMs, { type: 'effect', did: `effect ${atMs}` });
        if (each % 20 === 0) await sleep(5);
      }
    };
    await append(200);
    const [pid] = fs.readFileSync(path.join(bed.server.folder, 'data', 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGKILL');
    await append(400);
    await expect.poll(() => journal.flush(60_000), { timeout: 55_000, interval: 100 }).toBe(true);
    await append(100);
    await journal.close();
    const { entries, problems } = await store.read(journal.id);
    expect(problems).toEqual([]);
    const effects = entries.flatMap((entry) => (entry.type === 'effect' ? entry.did : []));
    expect(effects).toEqual(Array.from({ length: 700 }, (_, index) => `effect ${index + 1}`));
    const warnings = entries.flatMap((entry) => (entry.type === 'warning' ? entry.message : []));
    expect(warnings[0]).toMatch(/cannot be written \(the store in .*\): the migration goes on/);
    expect(warnings.at(-1)).toBe('the journal is written again, and nothing is missing');
    await own.query('delete from switchover.journal');
  });
});

describe('the newest journals', () => {
  const MANY = 10_000;

  test('of 10,000 are found by an index, a page after the other, by VM and by outcome', async () => {
    await empty();
    await database.query(
      `insert into switchover.journal (id, vm, vm_uuid, guest_name, policy, started_at, state, outcome, runs_on, last_written)
       select to_char(at, 'YYYYMMDD"T"HH24MISS.000') || '-vm-0000', 'qmp:/' || n % 100, 'uuid-' || n % 100, 'vm', 'mp', at, 'copying',
         case when n % 50 = 0 then 'failed' else 'completed' end, 'source', at
       from (select n, timestamptz '2026-01-01' + n * interval '1 second' as at from generate_series(1, $1::int) as n) as made`,
      [MANY],
    );
    await database.query('analyze switchover.journal');
    const store = new PostgresJournals(database);
    const first = await store.recent({ limit: 50 });
    const second = await store.recent({ limit: 50, before: first.at(-1)?.id });
    const ids = [...first, ...second].map(({ id }) => id);
    expect(ids).toEqual((await store.list()).slice(-100).reverse());
    const ofVm = await store.recent({ limit: 50, vm: 'uuid-7' });
    expect(ofVm).toHaveLength(50);
    expect(new Set(ofVm.map(({ vm }) => vm))).toEqual(new Set(['qmp:/7']));
    expect((await store.recent({ limit: MANY, outcome: 'failed' })).length).toBe(MANY / 50);
    expect(await store.recent({ limit: 50, outcome: null })).toEqual([]);
    // Each is found by an index: all of it is never read.
    for (const clause of ['true', "vm_uuid = 'uuid-7'", "outcome = 'failed'"]) {
      const plan = await database.query(
        `explain select id from switchover.journal where ${clause} order by stamped desc, id desc limit 50`,
      );
      expect(JSON.stringify(plan)).not.toContain('Seq Scan');
    }
    await empty();
  });

  test('tell what the journal tells', async () => {
    await empty();
    const store = new PostgresJournals(database);
    const journal = await store.open(newOpening());
    journal.append(5, { type: 'state', from: 'copying', to: 'stopped' });
    await journal.flush();
    expect(await store.recent({ limit: 5, outcome: null })).toMatchObject([
      { id: journal.id, state: 'stopped', outcome: null },
    ]);
    journal.append(9, { type: 'ended', outcome: OUTCOME });
    await journal.close();
    const view = viewOf((await store.read(journal.id)).entries);
    expect(await store.recent({ limit: 5 })).toEqual([
      {
        id: journal.id,
        vm: view.vm,
        vmUuid: view.vmUuid,
        guestName: 'vm1',
        policy: 'mp',
        startedAt: view.startedAt,
        state: view.state,
        outcome: 'completed',
        runsOn: 'destination',
        pauseMs: 240,
      },
    ]);
  });
});
