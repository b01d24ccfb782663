/** Whole controllers on a real PostgreSQL. Who runs is asked from the world, and never from what the engine believes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { upgradeSchema } from '../postgres/schema.ts';
import { setCapacity } from './claims.ts';
import { FleetController } from './controller.ts';
import { cancelDrain, endDrain, releaseHeld } from './drains.ts';
import { FLEET_TABLES } from './fleet-tables.ts';
import { FileMover } from './testing/file-mover.ts';
import { FleetBed } from './testing/fleet-bed.ts';
import { FleetServer } from './testing/fleet-database.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

const many = (count: number, each: object = {}) => Array.from({ length: count }, () => each);

describe('a drain', () => {
  test('is carried out by two controllers, within the limits', async () => {
    await using bed = await FleetBed.make(server, many(4));
    await bed.controller('one');
    await bed.controller('two');
    await bed.drain('a');
    await bed.untilMoved();
    expect(bed.world.migrations()).toHaveLength(4);
    await bed.expectTrue();
    const kinds = await bed.database.query<{ kind: string }>(
      "select kind from fleet.event where move = (select id from fleet.move where vm = 'vm1') order by id",
    );
    expect(kinds.map(({ kind }) => kind)).toEqual(['admitted', 'taken', 'starting', 'moving', 'moved']);
  });

  test('goes on where a controller is killed right after it has started a migration', async () => {
    await using bed = await FleetBed.make(server, many(2, { lastsMs: 1500 }));
    const first = await bed.process('first', { standAt: 'started' });
    await bed.drain('a');
    await first.says(/^at started/);
    await bed.controller('second');
    const killedMs = performance.now();
    await first.kill();
    await expect
      .poll(() => bed.world.acts().some(({ what }) => what === 'tend'), { timeout: 20_000 })
      .toBe(true);
    // Its death is proved, so nobody waits for its lease. The figure is rough: the machine is shared.
    console.info(`looked after ${Math.round(performance.now() - killedMs)} ms after kill -9`);
    await bed.untilMoved();
    expect(bed.world.migrations()).toHaveLength(2);
    await bed.expectTrue();
  });

  test('that is cancelled begins nothing more and lets what runs end', async () => {
    await using bed = await FleetBed.make(server, many(3, { lastsMs: 600 }));
    await bed.controller('one');
    const drain = await bed.drain('a');
    await bed.until(({ vm1 }) => vm1 === 'moving');
    await cancelDrain(bed.database, drain);
    await bed.until(({ vm1 }) => vm1 === 'moved');
    expect(await bed.states()).toEqual({ vm1: 'moved', vm2: 'cancelled', vm3: 'cancelled' });
    await expect.poll(() => endDrain(bed.database, drain, 'cancelled')).toBe(true);
    await bed.expectTrue();
  });

  test('that is cancelled with what runs ends that too', async () => {
    await using bed = await FleetBed.make(server, many(2, { lastsMs: 60_000 }));
    await bed.controller('one');
    const drain = await bed.drain('a');
    await bed.until(({ vm1 }) => vm1 === 'moving');
    await cancelDrain(bed.database, drain, { endRunning: true });
    await bed.until((states) => Object.values(states).every((state) => state === 'cancelled'));
    expect(bed.world.runningOf('vm1')).toBeUndefined();
    await bed.expectTrue();
  });
});

describe('a migration', () => {
  test('that fails is put off, and tried again', async () => {
    await using bed = await FleetBed.make(server, [{ failures: 1 }]);
    await bed.controller('one');
    await bed.drain('a');
    await bed.until(({ vm1 }) => vm1 === 'queued' && bed.world.migrations().length > 0);
    const [row] = await bed.database.query(
      "select code, tries, failed_at, next_try > now() + interval '10 s' as later from fleet.move",
    );
    expect(row).toEqual({ code: 'failed', tries: 1, failed_at: 'b', later: true });
    await bed.database.query('update fleet.move set next_try = now()');
    await bed.untilMoved();
    await bed.expectTrue();
  });

  test('of which nobody knows the end keeps its claims, and its drain begins nothing more', async () => {
    await using bed = await FleetBed.make(server, many(2));
    const mover = new FileMover(bed.world, 'one');
    mover.attach = async () => ({ unknown: 'neither side answers' });
    await bed.controller('one', { mover });
    await bed.drain('a');
    await bed.until(({ vm1 }) => vm1 === 'unknown');
    await setCapacity(bed.database, 'source', '*', 5);
    await sleep(600);
    expect(await bed.states()).toEqual({ vm1: 'unknown', vm2: 'queued' });
    expect(await bed.database.query('select intent from fleet.drain')).toEqual([{ intent: 'paused' }]);
    expect(await bed.database.query("select key from fleet.claim where kind = 'source'")).toEqual([
      { key: 'a' },
    ]);
    // It arrived: whoever looks again finds that out.
    await bed.database.query('update fleet.move set next_try = now()');
    await bed.until(({ vm1 }) => vm1 === 'moved');
  });

  test('that others began counts, is looked after until its end, and is never cancelled', async () => {
    await using bed = await FleetBed.make(server, [{ lastsMs: 1500 }, {}, {}]);
    bed.world.start('vm1', 'a', 'c', 'a person');
    await bed.controller('one');
    const drain = await bed.drain('a');
    await bed.until(({ vm1 }) => vm1 === 'moving');
    // The slot is taken although the engine began nothing.
    expect(bed.world.migrations()).toHaveLength(1);
    await cancelDrain(bed.database, drain, { endRunning: true });
    await bed.until(({ vm1 }) => vm1 === 'gone');
    expect(bed.world.hostOf('vm1')).toBe('c');
    expect(bed.world.acts().filter(({ what }) => what === 'cancel')).toEqual([]);
    await bed.expectTrue();
  });

  test('that is held goes on once it is released', async () => {
    await using bed = await FleetBed.make(server, [{}]);
    await bed.drain('a');
    await bed.controller('one', { place: () => ({ hold: { code: 'cpu', words: 'no host has its CPU' } }) });
    await bed.until(({ vm1 }) => vm1 === 'held');
    await using _second = await FleetController.start({
      ...{ database: bed.database, mover: new FileMover(bed.world, 'two'), roundMs: 100 },
      place: new FileMover(bed.world, 'two').placeOn(['b']),
    });
    const [move] = await bed.database.query<{ id: string }>('select id from fleet.move');
    // Until the second one is the one that admits.
    await expect
      .poll(
        async () => {
          await releaseHeld(bed.database, move?.id ?? '');
          return bed.world.migrations().length;
        },
        { timeout: 20_000, interval: 200 },
      )
      .toBe(1);
    await bed.untilMoved();
    await bed.expectTrue();
  });
});

describe('a controller', () => {
  test('whose queue was wiped has it again from the tables', async () => {
    await using bed = await FleetBed.make(server, many(3));
    const first = await bed.controller('one');
    await bed.drain('a');
    await bed.until(({ vm1 }) => vm1 === 'moving');
    await first[Symbol.asyncDispose]();
    // All that says who looks after what.
    await bed.database.query("update fleet.lease set holder = null, until = '-infinity'");
    await bed.database.query('delete from fleet.controller');
    await bed.controller('two');
    await bed.untilMoved();
    expect(bed.world.migrations()).toHaveLength(3);
    await bed.expectTrue();
  });

  test('lets go where the tables become newer than it knows, and none starts on them', async () => {
    await using bed = await FleetBed.make(server, many(2, { lastsMs: 1500 }));
    const old = await bed.controller('old');
    await bed.drain('a');
    await bed.until(({ vm1 }) => vm1 === 'moving');
    const known = FLEET_TABLES.steps.length;
    const newer = {
      ...FLEET_TABLES,
      steps: [...FLEET_TABLES.steps, 'alter table fleet.move add column of_the_next text'],
    };
    await upgradeSchema(bed.database, [newer]);
    try {
      expect(await old.closed).toContain(
        `have version ${known + 1}, and this switchover knows up to ${known}: use a newer`,
      );
      expect(old.count).toBe(0);
      await expect(bed.controller('another')).rejects.toThrow(`knows up to ${known}: use a newer switchover`);
      // It runs on, and one of the new version takes it: here the same one, told that the step was its own.
      expect(bed.world.runningOf('vm1')).toBeDefined();
    } finally {
      await bed.database.query('alter table fleet.move drop column of_the_next');
      await bed.database.query("update switchover.schema_version set version = $1 where part = 'fleet'", [
        known,
      ]);
    }
    await bed.controller('new');
    await bed.untilMoved();
    await bed.expectTrue();
  });
});
