/** Admission, claims and leases on a real PostgreSQL, without a controller. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../config/parse-config.ts';
import { REAL_CLOCK } from '../hypervisor/clock.ts';
import { exportStore, importStore } from '../journal/postgres/backup.ts';
import { JOURNAL_TABLES } from '../journal/postgres/journal-tables.ts';
import { Database, type Queryable } from '../postgres/database.ts';
import { openSchema } from '../postgres/schema.ts';
import { admit } from './admission.ts';
import { claimSeen } from './claim-seen.ts';
import { addClaims, setCapacity } from './claims.ts';
import { DrainBook } from './drain-book.ts';
import type { DrainHosts } from './drain-hosts.ts';
import { readDrain } from './drain-rows.ts';
import {
  beginDrain,
  cancelDrain,
  endDrain,
  type NewMove,
  pauseDrain,
  queueMoves,
  resumeDrain,
} from './drains.ts';
import { FLEET_BACKUP } from './fleet-backup.ts';
import { LeaseLostError } from './lease.ts';
import { Leases } from './leases.ts';
import { readMove, writeState } from './move-writes.ts';
import type { Place } from './placement.ts';
import { emptyFleet, FleetServer } from './testing/fleet-database.ts';
import { inTransaction, tryLockClaims } from './transaction.ts';

const CONTROLLER = '00000000-0000-4000-8000-000000000001';
const OTHER = '00000000-0000-4000-8000-000000000002';
const LONGEST_MS = 5000;
const GIB = 2 ** 30;

let server: FleetServer;
let url: string;
let database: Database;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
  url = await server.make('fleet');
  database = Database.at(url);
}, 120_000);
afterAll(async () => {
  await database?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
}, 120_000);
beforeEach(async () => await emptyFleet(database));

const move = (vm: string, source: string, more: Partial<NewMove> = {}): NewMove => ({
  ...{ vm, name: vm, source, link: `${source}-link`, memoryBytes: 2 * GIB, ...more },
});
const moves = (source: string, count: number, more: Partial<NewMove> = {}) =>
  Array.from({ length: count }, (_, index) => move(`${source}${index + 1}`, source, more));

/** To the first with a slot and memory. */
const placeOn =
  (...hosts: readonly string[]): Place =>
  ({ memoryGib }, free) => {
    const destination = hosts.find(
      (host) => free.free('destination', host) >= 1 && free.free('memory', host) >= memoryGib,
    );
    return destination === undefined
      ? { wait: { code: 'capacity', words: 'no room' } }
      : { destination, links: [`${destination}-link`] };
  };
/** The same, with the reason that a real one has. */
const placeWhereIsRoom =
  (host: string): Place =>
  (each, free) => {
    const placed = placeOn(host)(each, free);
    const waits = typeof placed === 'object' && 'wait' in placed;
    return waits ? { wait: { code: 'no-memory', words: 'no room' } } : placed;
  };
const admitting = (place: Place) => admit(database, { place, controller: CONTROLLER, longestMs: LONGEST_MS });
const drain = (host: string, given: readonly NewMove[], more: object = {}) =>
  beginDrain(database, { host, requestedBy: 'test', ...more }, given);

async function admittedVms(): Promise<readonly string[]> {
  const rows = await database.query<{ vm: string }>(
    "select vm from fleet.move where state = 'admitted' order by vm",
  );
  return rows.map(({ vm }) => vm);
}

async function claimed(kind: string): Promise<Readonly<Record<string, number>>> {
  const rows = await database.query<{ key: string; units: number }>(
    'select key, count(*)::int as units from fleet.claim where kind = $1 group by key order by key',
    [kind],
  );
  return Object.fromEntries(rows.map(({ key, units }) => [key, units]));
}

/** As a holder ends it, whose migration arrived. */
async function arrive(vm: string): Promise<void> {
  const leases = new Leases(database, { holder: CONTROLLER, leaseMs: LONGEST_MS, clock: REAL_CLOCK });
  const taken = await leases.take(1000);
  for (const { lease, move: id } of taken) {
    const there = await readMove(database, id);
    if (there && lease.vm === vm) {
      const holder = { lease, controller: CONTROLLER };
      const moving = await writeState(
        leases,
        holder,
        await writeState(leases, holder, there, 'starting'),
        'moving',
      );
      await writeState(leases, holder, moving, 'moved');
    }
    await leases.release(lease);
  }
}

describe('admission', () => {
  test('takes a slot of the source, of the destination and of both links, and memory', async () => {
    await drain('a', moves('a', 3));
    await setCapacity(database, 'memory', 'b', 3);
    expect(await admitting(placeOn('b'))).toHaveLength(1);
    expect(await claimed('source')).toEqual({ a: 1 });
    expect(await claimed('destination')).toEqual({ b: 1 });
    expect(await claimed('link')).toEqual({ 'a-link': 1, 'b-link': 1 });
    expect(await claimed('memory')).toEqual({ b: 2 });
    expect(await claimed('cluster')).toEqual({ default: 1 });
    // Its slots are taken.
    expect(await admitting(placeOn('b', 'c'))).toEqual([]);
    await arrive('a1');
    expect(await claimed('memory')).toEqual({});
    expect(await admitting(placeOn('b', 'c'))).toHaveLength(1);
    expect(await admittedVms()).toEqual(['a2']);
  });

  test('of a move for which no destination has room puts it off, and others get their turn', async () => {
    await drain('a', [move('big', 'a', { memoryBytes: 9 * GIB, priority: 1 }), move('small', 'a')]);
    await setCapacity(database, 'memory', '*', 4);
    await admitting(placeOn('b'));
    expect(await admittedVms()).toEqual(['small']);
    const rows = await database.query(
      "select code, tries from fleet.move where vm = 'big' and next_try > now()",
    );
    expect(rows).toEqual([{ code: 'capacity', tries: 0 }]);
  });

  test('by many at once exceeds no limit', async () => {
    const hosts = ['a', 'b', 'c', 'd', 'e'];
    for (const host of hosts) await drain(host, moves(host, 6));
    await setCapacity(database, 'source', '*', 2);
    await setCapacity(database, 'destination', '*', 3);
    await setCapacity(database, 'link', '*', 9);
    await setCapacity(database, 'cluster', '*', 7);
    await using second = Database.at(url);
    const place = placeOn('x', 'y', 'z');
    const both = [database, second];
    const rounds = Array.from({ length: 20 }, (_, index) =>
      admit(both[index % 2] as Database, { place, controller: CONTROLLER, longestMs: LONGEST_MS }),
    );
    const admitted = (await Promise.all(rounds)).flatMap((each) => each ?? []);
    expect(new Set(admitted).size).toBe(admitted.length);
    expect(admitted).toHaveLength(7);
    expect(Object.values(await claimed('source')).every((units) => units <= 2)).toBe(true);
    expect(Object.values(await claimed('destination')).every((units) => units <= 3)).toBe(true);
    expect(await claimed('cluster')).toEqual({ default: 7 });
  });

  test('cannot write more than there is, whatever the code does', async () => {
    await drain('a', moves('a', 2));
    await admitting(placeOn('b'));
    const [second] = await database.query<{ id: string }>("select id from fleet.move where vm = 'a2'");
    const claim = { kind: 'source', key: 'a', unit: 1, isAlone: false } as const;
    await expect(addClaims(database, second?.id ?? '', [claim])).rejects.toMatchObject({ sqlState: '23505' });
  });

  test('that fails in the middle has done nothing', async () => {
    await drain('a', moves('a', 1));
    await drain('b', moves('b', 1));
    let calls = 0;
    const failing: Place = (...args) => {
      calls += 1;
      if (calls > 1) throw new Error('no placement');
      return placeOn('x')(...args);
    };
    await expect(admitting(failing)).rejects.toThrow('no placement');
    expect(await admittedVms()).toEqual([]);
    expect(await database.query('select from fleet.claim')).toEqual([]);
  });

  test('is not held up by a controller that stands still in it', async () => {
    await drain('a', moves('a', 1));
    const longestMs = 400;
    const locked = Promise.withResolvers<boolean>();
    const stuck = Promise.withResolvers<void>();
    const frozen = inTransaction(database, longestMs, async (within) => {
      locked.resolve(await tryLockClaims(within));
      await stuck.promise;
      await within.query("update fleet.move set state = 'held'");
    });
    frozen.catch(locked.reject);
    expect(await locked.promise).toBe(true);
    await expect.poll(() => admitting(placeOn('b')), { timeout: 20_000 }).toHaveLength(1);
    stuck.resolve();
    // The database has ended it.
    await expect(frozen).rejects.toThrow();
    expect(await admittedVms()).toEqual(['a1']);
  });
});

describe('the order', () => {
  test('is fair between drains, however long one of them is', async () => {
    await drain('a', moves('a', 400));
    await drain('b', moves('b', 2));
    await drain('c', moves('c', 2));
    for (const kind of ['source', 'destination', 'link'] as const) await setCapacity(database, kind, '*', 50);
    await setCapacity(database, 'cluster', '*', 6);
    await admitting(placeOn('x'));
    expect(await claimed('source')).toEqual({ a: 2, b: 2, c: 2 });
    await arrive('b1');
    await setCapacity(database, 'cluster', '*', 7);
    await admitting(placeOn('x'));
    expect(await claimed('source')).toEqual({ a: 4, b: 1, c: 2 });
  });

  test('puts drains of a higher priority first', async () => {
    await drain('a', moves('a', 2));
    await drain('b', moves('b', 2), { priority: 1 });
    for (const kind of ['source', 'destination', 'link'] as const) await setCapacity(database, kind, '*', 9);
    await setCapacity(database, 'cluster', '*', 2);
    await admitting(placeOn('x'));
    expect(await admittedVms()).toEqual(['b1', 'b2']);
  });

  test('has a drain of a higher priority first wherever they compete, whatever the priorities of their VMs', async () => {
    await drain('a', moves('a', 3, { priority: 1000 }));
    await drain('b', moves('b', 3), { priority: 1 });
    await setCapacity(database, 'source', '*', 9);
    const place = placeWhereIsRoom('x');
    // A slot of the destination, then its link.
    await setCapacity(database, 'link', '*', 3);
    await admitting(place);
    expect(await admittedVms()).toEqual(['b1']);
    await database.query('update fleet.move set next_try = now()');
    await setCapacity(database, 'destination', '*', 9);
    await admitting(place);
    expect(await admittedVms()).toEqual(['b1', 'b2', 'b3']);
    await setCapacity(database, 'link', '*', 4);
    await admitting(place);
    // What runs goes on, whichever comes later.
    await drain('c', moves('c', 1), { priority: 1000 });
    await admitting(place);
    expect(await admittedVms()).toEqual(['a1', 'b1', 'b2', 'b3']);
    await arrive('b1');
    await admitting(place);
    expect(await admittedVms()).toEqual(['a1', 'b2', 'b3', 'c1']);
  });

  test('lets a drain of a higher priority have the room that comes free while it waits for some', async () => {
    for (const kind of ['source', 'destination', 'link'] as const) await setCapacity(database, kind, '*', 9);
    await setCapacity(database, 'memory', '*', 0);
    await drain('b', moves('b', 1), { priority: 1 });
    await admitting(placeWhereIsRoom('x'));
    // It is not asked again for two seconds, and now there is room for one.
    await drain('a', moves('a', 1));
    await setCapacity(database, 'memory', '*', 2);
    await admitting(placeWhereIsRoom('x'));
    expect(await admittedVms()).toEqual(['b1']);
    await arrive('b1');
    await database.query("update fleet.move set next_try = now() where vm = 'a1'");
    await admitting(placeWhereIsRoom('x'));
    expect(await admittedVms()).toEqual(['a1']);
  });

  test('is of drains first where a host has moves of two', async () => {
    await drain('a', moves('a', 2));
    const { id } = await drain('back', [move('home', 'a', { priority: 5 })]);
    await database.query("update fleet.drain set kind = 'return', priority = 1 where id = $1", [id]);
    await admitting(placeOn('x'));
    expect(await admittedVms()).toEqual(['home']);
    await arrive('home');
    await database.query('update fleet.drain set priority = 2 where id <> $1', [id]);
    await queueMoves(database, id, [move('home2', 'a', { priority: 5 })]);
    await admitting(placeOn('x'));
    expect(await admittedVms()).toEqual(['a1']);
  });

  test('lets in beside each other as many as each of them bears, however wide the link is', async () => {
    for (const kind of ['source', 'destination', 'link'] as const) await setCapacity(database, kind, '*', 9);
    const bears = (calmAmong: number) => ({ calmAmong });
    await drain('a', [
      move('calm1', 'a'),
      move('pair', 'a', bears(2)),
      move('trio', 'a', bears(3)),
      move('calm2', 'a'),
    ]);
    const place = placeOn('x');
    await admitting(place);
    await admitting(place);
    expect(await admittedVms()).toEqual(['calm1', 'pair']);
    await arrive('pair');
    await admitting(place);
    expect(await admittedVms()).toEqual(['calm1', 'calm2', 'trio']);
  });

  test('lets one that needs its link alone wait for that link, and nothing overtakes it there', async () => {
    await setCapacity(database, 'source', '*', 2);
    await setCapacity(database, 'destination', '*', 9);
    await drain('a', [move('calm1', 'a'), move('hard', 'a', { calmAmong: 1 }), move('calm2', 'a')]);
    const place = placeOn('x');
    await admitting(place);
    await admitting(place);
    expect(await admittedVms()).toEqual(['calm1']);
    await arrive('calm1');
    await admitting(place);
    expect(await admittedVms()).toEqual(['hard']);
    expect(await claimed('link')).toEqual({ 'a-link': 2, 'x-link': 2 });
    await setCapacity(database, 'link', '*', 4);
    await admitting(place);
    expect(await admittedVms()).toEqual(['hard']);
    await arrive('hard');
    await admitting(place);
    expect(await admittedVms()).toEqual(['calm2']);
  });
});

describe('a limit', () => {
  test('that is lowered takes nothing away and lets nothing in', async () => {
    await setCapacity(database, 'source', 'a', 3);
    await setCapacity(database, 'destination', '*', 9);
    await setCapacity(database, 'link', '*', 9);
    await drain('a', moves('a', 5));
    await admitting(placeOn('x'));
    expect(await claimed('source')).toEqual({ a: 3 });
    await setCapacity(database, 'source', 'a', 1);
    await arrive('a1');
    await admitting(placeOn('x'));
    expect(await claimed('source')).toEqual({ a: 2 });
    await arrive('a2');
    await arrive('a3');
    await admitting(placeOn('x'));
    expect(await claimed('source')).toEqual({ a: 1 });
    await setCapacity(database, 'source', 'a', undefined);
    expect(await admitting(placeOn('x'))).toEqual([]);
  });
});

describe('a drain', () => {
  test('of a host that is drained already is that drain', async () => {
    const first = await drain('a', moves('a', 2));
    expect(await drain('a', [move('late', 'a')])).toEqual({ id: first.id, isNew: false });
    expect(await database.query("select from fleet.move where vm = 'late'")).toEqual([]);
  });

  test('knows the memory of its VMs to the byte, and claims room for them in whole GiB', async () => {
    const memoryBytes = 201 * 2 ** 20 + 4096;
    const { id } = await drain('a', [move('small', 'a', { memoryBytes }), move('old', 'a')]);
    await database.query("update fleet.move set memory_bytes = null where vm = 'old'");
    const rows = (await readDrain(database, id))?.moves ?? [];
    expect(rows.map(({ vm, memoryBytes, memoryGib }) => ({ vm, memoryBytes, memoryGib }))).toEqual([
      { vm: 'small', memoryBytes, memoryGib: 1 },
      { vm: 'old', memoryBytes: 2 * GIB, memoryGib: 2 },
    ]);
  });

  test('takes VMs that appear later, each once, and the migration of one of its VMs that others began', async () => {
    const foreign = {
      vm: 'a2',
      name: 'a2',
      source: 'a',
      destination: 'z',
      links: ['a-link', 'z-link'],
      memoryBytes: 2 * GIB,
    };
    const claiming = () =>
      claimSeen(database, async () => [foreign], { controller: CONTROLLER, longestMs: LONGEST_MS });
    expect([await claiming(), await claiming()]).toEqual([1, 0]);
    const { id } = await drain('a', moves('a', 2));
    const late = [move('late', 'a')];
    expect(await queueMoves(database, id, late)).toBe(1);
    expect(await queueMoves(database, id, late)).toBe(0);
    expect(
      await database.query(
        'select vm, state, is_foreign as "isForeign" from fleet.move where drain = $1 order by vm',
        [id],
      ),
    ).toEqual([
      { vm: 'a1', state: 'queued', isForeign: false },
      { vm: 'a2', state: 'moving', isForeign: true },
      { vm: 'late', state: 'queued', isForeign: false },
    ]);
    // Its slot is taken by what others began.
    expect(await admitting(placeOn('x'))).toEqual([]);
    expect(await claimed('link')).toEqual({ 'a-link': 1, 'z-link': 1 });
  });

  test('that took up what others began is not told an end that was meant for nobody’s', async () => {
    const seen = { vm: 'a1', name: 'a1', source: 'a', destination: 'z', links: ['a-link'], memoryBytes: GIB };
    await claimSeen(database, async () => [seen], { controller: CONTROLLER, longestMs: LONGEST_MS });
    const leases = new Leases(database, { holder: CONTROLLER, leaseMs: LONGEST_MS, clock: REAL_CLOCK });
    const [taken] = await leases.take(1);
    const foreign = taken && (await readMove(database, taken.move));
    if (!taken || !foreign) throw new Error('nothing was taken');
    // Between what was read and what is written.
    const { id } = await drain('a', moves('a', 1));
    await expect(
      writeState(leases, { lease: taken.lease, controller: CONTROLLER }, foreign, 'gone'),
    ).rejects.toThrow(/which was moving, has changed since$/);
    expect((await readDrain(database, id))?.moves).toMatchObject([{ vm: 'a1', state: 'moving' }]);
  });

  test.each([
    ['is paused', {}, true],
    ['is past its deadline', { deadline: new Date(Date.now() - 1000) }, false],
    ['is before its window', { opens: new Date(Date.now() + 60_000) }, false],
    ['is after its window', { closes: new Date(Date.now() - 1000) }, false],
  ])('that %s begins nothing', async (_, more, paused) => {
    const { id } = await drain('a', moves('a', 1), more);
    if (paused) await pauseDrain(database, id);
    expect(await admitting(placeOn('x'))).toEqual([]);
    if (!paused) return;
    await resumeDrain(database, id);
    expect(await admitting(placeOn('x'))).toHaveLength(1);
  });

  test('that is cancelled is over once nothing of it is admitted any more', async () => {
    const { id } = await drain('a', moves('a', 2));
    await admitting(placeOn('x'));
    await cancelDrain(database, id);
    expect(await endDrain(database, id, 'cancelled')).toBe(false);
    const leases = new Leases(database, { holder: CONTROLLER, leaseMs: LONGEST_MS, clock: REAL_CLOCK });
    const [taken] = await leases.take(1);
    if (taken === undefined) throw new Error('nothing was taken');
    const admitted = await readMove(database, taken.move);
    if (admitted === undefined) throw new Error('the move is gone');
    const holder = { lease: taken.lease, controller: CONTROLLER };
    // Between what was read and what is written it was cancelled.
    await expect(writeState(leases, holder, admitted, 'starting')).rejects.toThrow(
      /which was admitted, has changed since$/,
    );
    await writeState(leases, holder, admitted, 'cancelled');
    expect(await endDrain(database, id, 'cancelled')).toBe(true);
    expect(await database.query("select vm from fleet.move where state <> 'cancelled'")).toEqual([]);
    expect((await drain('a', moves('a', 1))).isNew).toBe(true);
  });
});

/** Of the tables, those that one of its statements reads from the first row to the last. */
async function readWhole(of: Database): Promise<ReadonlySet<string>> {
  const whole = new Set<string>();
  const plain = of.transaction.bind(of);
  of.transaction = (doing, options) =>
    plain(async (within) => {
      const query: Queryable['query'] = async (text, values) => {
        const plan = await within.query<object>(`explain (format json) ${text}`, values);
        for (const [, table] of JSON.stringify(plan).matchAll(/"Seq Scan".*?"Relation Name":"(\w+)"/g))
          whole.add(table as string);
        return await within.query(text, values);
      };
      return await doing({ query });
    }, options);
  const book = new DrainBook(of, {} as DrainHosts, () => parseConfig('', ''));
  const prepare = (within: Queryable) => book.prepare(within);
  await admit(of, { place: placeOn('x'), prepare, controller: CONTROLLER, longestMs: LONGEST_MS });
  return whole;
}

test('an admission reads no drains and no moves that are over, however many there are', async () => {
  await database.query(`
    with ended as (
      insert into fleet.drain (host, state, requested_by, ended) select 'h' || n, 'ended', 'test', now() - interval '1 hour'
      from generate_series(1, 300) as n returning id, host
    )
    insert into fleet.move (drain, vm, name, source, destination, link, memory_gib, state, ended)
    select id, host || '-' || n, 'v', host, 'x', 'l', 2, 'moved', now() - interval '1 hour' from ended, generate_series(1, 20) as n`);
  await drain('a', moves('a', 10));
  await database.query('analyze fleet.drain, fleet.move');
  await using asked = Database.at(url);
  const whole = await readWhole(asked);
  expect(await admittedVms()).toEqual(['a1']);
  expect(whole).not.toContain('move');
  expect(whole).not.toContain('drain');
});

describe('a lease', () => {
  const leasesOf = (holder: string, leaseMs: number) =>
    new Leases(database, { holder, leaseMs, clock: REAL_CLOCK });

  beforeEach(async () => {
    await drain('a', moves('a', 1));
    await admitting(placeOn('x'));
  });

  test('is had by one of many who take it at once', async () => {
    const takers = Array.from({ length: 8 }, () => leasesOf(crypto.randomUUID(), LONGEST_MS));
    const taken = await Promise.all(takers.map((each) => each.take(5)));
    expect(taken.flat()).toHaveLength(1);
    expect(taken.flat()[0]?.lease.epoch).toBe(1);
  });

  test('that ran out is another’s: its former holder writes nothing, renews nothing and releases nothing', async () => {
    const [mine, others] = [leasesOf(CONTROLLER, 100), leasesOf(OTHER, 60_000)];
    const [taken] = await mine.take(1);
    if (taken === undefined) throw new Error('nothing was taken');
    await expect.poll(() => others.take(1), { timeout: 10_000 }).toHaveLength(1);
    const admitted = await readMove(database, taken.move);
    if (admitted === undefined) throw new Error('the move is gone');
    const holder = { lease: taken.lease, controller: CONTROLLER };
    await expect(writeState(mine, holder, admitted, 'starting')).rejects.toThrow(LeaseLostError);
    expect((await readMove(database, taken.move))?.state).toBe('admitted');
    expect(taken.lease.letGo.aborted).toBe(true);
    await mine.renew();
    await mine.release(taken.lease);
    const [row] = await database.query(
      'select holder, epoch::int as epoch, until > now() as held from fleet.lease',
    );
    expect(row).toEqual({ holder: OTHER, epoch: 2, held: true });
  });

  test('that ran out and that nobody took is renewed with its epoch', async () => {
    const mine = leasesOf(CONTROLLER, 100);
    const [taken] = await mine.take(1);
    await expect.poll(() => taken?.lease.mayAct()).toBe(false);
    await mine.renew();
    expect(taken?.lease.letGo.aborted).toBe(false);
    // Who holds it does not take it a second time.
    expect(await mine.take(1)).toEqual([]);
  });

  test('is renewed with all others in one statement, and lost where it is not', async () => {
    const mine = leasesOf(CONTROLLER, LONGEST_MS);
    const [taken] = await mine.take(1);
    await database.query('update fleet.lease set epoch = epoch + 1');
    await mine.renew();
    expect(taken?.lease.letGo.aborted).toBe(true);
    expect(mine.count).toBe(0);
  });
});

test('a backup has the fleet, which comes into a store that has none', async () => {
  await openSchema(database, [JOURNAL_TABLES], 'upgrade');
  await setCapacity(database, 'source', '*', 7);
  await drain('a', moves('a', 3));
  await admitting(placeOn('x'));
  const exported: string[] = [];
  const { rows } = await exportStore(database, async (line) => void exported.push(line), [FLEET_BACKUP]);
  await using copy = Database.at(await server.make('copy'));
  await openSchema(copy, [JOURNAL_TABLES], 'upgrade');
  async function* lines() {
    yield* exported;
  }
  const importing = () => importStore(copy, lines(), 'b.jsonl', [FLEET_BACKUP]);
  expect(await importing()).toEqual({ journals: 0, entries: 0, rows });
  const held = (of: Database) =>
    of.query(`select move.*, claim.kind, claim.unit from fleet.move left join fleet.claim on claim.move = move.id
      order by vm, kind, unit`);
  expect(await held(copy)).toEqual(await held(database));
  expect(await copy.query("select units from fleet.capacity where kind = 'source'")).toEqual([{ units: 7 }]);
  // It holds something now.
  expect(await importing()).toEqual({ journals: 0, entries: 0, rows: 0 });
});
