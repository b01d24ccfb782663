/**
 * Controllers that are killed or frozen, and a store that goes away, on a world that goes on without them. What is true is
 * asked from the world. Times are rough: the machine may be busy.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Database } from '../postgres/database.ts';
import { EmbeddedServer } from '../postgres/embedded-server.ts';
import { setCapacity } from './claims.ts';
import type { Point } from './testing/file-mover.ts';
import { FleetBed, LEASE_MS } from './testing/fleet-bed.ts';
import { FleetServer } from './testing/fleet-database.ts';

const OTHER = process.env['SWITCHOVER_TEST_DATABASE'];

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(OTHER);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

const many = (count: number, each: object = {}) => Array.from({ length: count }, () => each);

describe('kill -9 of a controller', () => {
  test.each<Point>(['admitting', 'locating', 'starting', 'started', 'attached', 'ended'])(
    'that is %s: another goes on, nothing is lost and nothing done twice',
    async (point) => {
      await using bed = await FleetBed.make(server, many(4, { lastsMs: 1000 }));
      const first = await bed.process('first', { standAt: point });
      await bed.drain('a');
      await first.says(new RegExp(`^at ${point}`));
      await bed.process('second');
      const killedMs = performance.now();
      const before = bed.world.acts().length;
      await first.kill();
      await expect
        .poll(() => bed.world.acts().length, { timeout: 30_000, interval: 10 })
        .toBeGreaterThan(before);
      console.info(`${point}: the next act ${Math.round(performance.now() - killedMs)} ms after kill -9`);
      await bed.untilMoved();
      expect(bed.world.migrations()).toHaveLength(4);
      await bed.expectTrue();
    },
  );

  test('of one after the other of three, again and again amid 24 moves of four hosts', async () => {
    const vms = ['a', 'b', 'c', 'd'].flatMap((host) => many(6, { host, lastsMs: 700 }));
    await using bed = await FleetBed.make(server, vms, ['x', 'y', 'z']);
    let running = await Promise.all(['one', 'two', 'three'].map((name) => bed.process(name)));
    for (const host of ['a', 'b', 'c', 'd']) await bed.drain(host);
    for (let time = 0; time < 6; time += 1) {
      await sleep(900);
      const [first, ...rest] = running;
      await first?.kill();
      running = [...rest, await bed.process(`next${time}`)];
    }
    // A move whose start was lost counts as a try, and waits.
    await bed.until((states) => {
      bed.database
        .query("update fleet.move set next_try = now() where state = 'queued' and tries > 0")
        .catch(() => {});
      return Object.values(states).every((state) => state === 'moved');
    }, 120_000);
    await bed.expectTrue();
  });
});

test('a controller that is frozen past its lease refuses at its first act, and another has gone on', async () => {
  await using bed = await FleetBed.make(server, many(3, { lastsMs: 12_000 }));
  const frozen = await bed.process('frozen');
  await bed.drain('a');
  await expect.poll(() => bed.world.acts().length, { timeout: 20_000 }).toBeGreaterThan(3);
  await bed.process('next');
  frozen.signal('SIGSTOP');
  const stoppedMs = performance.now();
  await expect
    .poll(() => bed.world.acts().some(({ controller }) => controller === 'next'), {
      timeout: 30_000,
      interval: 20,
    })
    .toBe(true);
  console.info(
    `taken over ${Math.round(performance.now() - stoppedMs)} ms after SIGSTOP, lease ${LEASE_MS} ms`,
  );
  expect(performance.now() - stoppedMs).toBeGreaterThan(0.7 * LEASE_MS);
  await sleep(500);
  const actsOfFrozen = () =>
    bed.world.acts().filter(({ controller, epoch }) => controller === 'frozen' && epoch === 1).length;
  const before = actsOfFrozen();
  frozen.signal('SIGCONT');
  await sleep(1500);
  expect(actsOfFrozen()).toBe(before);
  await bed.untilMoved(90_000);
  await bed.expectTrue();
});

test('a controller that is frozen right before it starts a migration does not start it once it thaws', async () => {
  await using bed = await FleetBed.make(server, many(1, { lastsMs: 3000 }));
  const frozen = await bed.process('frozen', { standForMs: 2 * LEASE_MS, standAt: 'starting' });
  await bed.drain('a');
  await frozen.says(/^at starting/);
  await bed.process('next');
  await bed.untilMoved(60_000);
  await sleep(1000);
  expect(bed.world.migrations().map(({ by }) => by)).toEqual(['next']);
  expect(
    bed.world.acts().filter(({ controller, what }) => controller === 'frozen' && what === 'start'),
  ).toEqual([]);
  await bed.expectTrue();
});

test('a clock of the day that steps to and fro moves nothing', async () => {
  await using bed = await FleetBed.make(server, many(3, { lastsMs: 1000 }));
  await bed.process('ahead', { dateStepMs: 3_600_000 });
  await bed.process('behind', { dateStepMs: -3_600_000 });
  await bed.drain('a');
  await bed.untilMoved();
  expect(bed.world.migrations()).toHaveLength(3);
  // None was taken from a holder that lived.
  const rows = await bed.database.query<{ epoch: string }>('select epoch::int as epoch from fleet.lease');
  expect(rows.map(({ epoch }) => epoch)).toEqual([1, 1, 1]);
  await bed.expectTrue();
});

test('a limit that is lowered amid a drain holds for what begins afterwards', async () => {
  await using bed = await FleetBed.make(server, many(10, { lastsMs: 800 }), ['b', 'c', 'd', 'e']);
  await setCapacity(bed.database, 'source', 'a', 4);
  await setCapacity(bed.database, 'link', '*', 9);
  await bed.process('one');
  await bed.process('two');
  await bed.drain('a');
  await bed.until((states) => Object.values(states).filter((state) => state === 'moving').length === 4);
  await setCapacity(bed.database, 'source', 'a', 1);
  const [at] = await bed.database.query<{ at: Date }>('select clock_timestamp() as at');
  await bed.untilMoved(90_000);
  await bed.expectTrue({ source: 4, link: 9 });
  const late = await bed.database.query<{ vm: string }>('select vm from fleet.move where admitted > $1', [
    at?.at,
  ]);
  expect(late.length).toBeGreaterThan(3);
  const ofLate = bed.world.migrations().filter(({ vm }) => late.some((each) => each.vm === vm));
  for (const each of ofLate) {
    const atItsStart = bed.world
      .migrations()
      .filter(({ fromMs, toMs }) => fromMs <= each.fromMs && each.fromMs < toMs);
    expect(atItsStart).toHaveLength(1);
  }
});

test.skipIf(OTHER !== undefined)(
  'a store that is killed and stays away for more than two leases: the migrations go on, acts stop, and nothing is done twice',
  async () => {
    await using bed = await FleetBed.make(server, many(4, { lastsMs: 4000 }), ['b', 'c', 'd', 'e']);
    await setCapacity(bed.database, 'source', 'a', 2);
    await bed.process('one');
    await bed.process('two');
    await bed.drain('a');
    await bed.until((states) => Object.values(states).filter((state) => state === 'moving').length === 2);
    // Others use it, so it stays; but nobody brings it back.
    await server.server.close();
    const data = path.join(server.server.folder, 'data');
    process.kill(
      Number(fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[0]),
      'SIGKILL',
    );
    await sleep(LEASE_MS);
    const before = bed.world.acts().length;
    await sleep(1.5 * LEASE_MS);
    expect(bed.world.acts()).toHaveLength(before);
    const again = await EmbeddedServer.start(server.server.folder);
    const backMs = performance.now();
    await bed.untilMoved(90_000);
    console.info(`all moved ${Math.round(performance.now() - backMs)} ms after the store was back`);
    expect(bed.world.migrations()).toHaveLength(4);
    await bed.expectTrue({ source: 2 });
    await again.close();
  },
);

test('a migration of a VM of no drain, begun by others, takes the slot too', async () => {
  await using bed = await FleetBed.make(server, [{ lastsMs: 1500, host: 'x' }, {}], ['b']);
  bed.world.start('vm1', 'x', 'b', 'a person');
  await bed.controller('one');
  await bed.drain('a');
  await bed.untilMoved();
  await bed.expectTrue();
  const [first, second] = bed.world.migrations();
  expect(second?.fromMs).toBeGreaterThanOrEqual(first?.toMs ?? Number.POSITIVE_INFINITY);
});

test('a controller is not proved dead by another machine', async () => {
  await using bed = await FleetBed.make(server, [{ lastsMs: 1200 }]);
  await bed.database.query(
    `insert into fleet.controller (id, machine, pid, start_ticks, host, version)
     values ('00000000-0000-4000-8000-00000000000f', 'another boot', 1, 1, 'h', '0')`,
  );
  await bed.drain('a');
  await bed.database.query(
    "insert into fleet.lease values ('vm1', '00000000-0000-4000-8000-00000000000f', 4, now() + interval '2 s')",
  );
  const fromMs = performance.now();
  await bed.controller('one');
  await bed.until(({ vm1 }) => vm1 === 'moving');
  expect(performance.now() - fromMs).toBeGreaterThan(1500);
  expect(bed.world.acts().every(({ epoch }) => epoch === 5)).toBe(true);
  await bed.untilMoved();
});

test('a controller that is closed lets go, and another goes on at once', async () => {
  await using bed = await FleetBed.make(server, [{ lastsMs: 2500 }]);
  const first = await bed.controller('first', { leaseMs: 60_000 });
  await bed.drain('a');
  await bed.until(({ vm1 }) => vm1 === 'moving');
  await first[Symbol.asyncDispose]();
  expect(bed.world.runningOf('vm1')).toBeDefined();
  await bed.controller('second', { leaseMs: 60_000 });
  await bed.untilMoved();
  expect(new Set(bed.world.acts().map(({ controller }) => controller))).toEqual(new Set(['first', 'second']));
  await bed.expectTrue();
});

test('a controller whose connections end, and that hears of nothing meanwhile, loses nothing', async () => {
  await using bed = await FleetBed.make(server, many(3));
  await bed.controller('one');
  await bed.drain('a');
  for (let time = 0; time < 3; time += 1) {
    await sleep(150);
    await using other = Database.at(bed.url);
    await other.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
  }
  await bed.untilMoved();
  expect(bed.world.migrations()).toHaveLength(3);
  await bed.expectTrue();
});

test('1,000 waiting moves of 100 hosts, some of which fail, by three controllers', async () => {
  const vms = Array.from({ length: 1000 }, (_, index) => ({
    ...{ host: `s${index % 100}`, lastsMs: 200 + (index % 7) * 100, intensive: index % 10 === 0 },
    failures: index % 50 === 0 ? 1 : 0,
  }));
  const destinations = Array.from({ length: 100 }, (_, index) => `d${index}`);
  await using bed = await FleetBed.make(server, vms, destinations);
  await Promise.all(['one', 'two', 'three'].map((name) => bed.controller(name, { reconcileMs: 5000 })));
  for (let index = 0; index < 100; index += 1) await bed.drain(`s${index}`);
  const fromMs = performance.now();
  await bed.until((states) => {
    bed.database.query("update fleet.move set next_try = now() where code = 'failed'").catch(() => {});
    return Object.values(states).every((state) => state === 'moved');
  }, 280_000);
  console.info(`1,000 moves in ${Math.round(performance.now() - fromMs)} ms`);
  await bed.expectTrue();
});
