/** Guests that are told of their moves, where they ask for it: on simulated hosts and a real PostgreSQL. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DrainRows } from './drain-rows.ts';
import { drainStatusOf } from './drain-status.ts';
import { cancelDrain, pauseDrain, resumeDrain } from './drains.ts';
import type { Hooks } from './hooks.ts';
import { DrainBed } from './testing/drain-bed.ts';
import { FleetBed } from './testing/fleet-bed.ts';
import { FleetServer } from './testing/fleet-database.ts';
import { SimulatedHosts } from './testing/simulated-hosts.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

const asks = (notice: string) => ({ metadata: { notice } });
const LONG = asks('10min');

/** When it is told to move, and what it is told. */
const NOTICE_WORDS = /^notice given, moves at \d\d:\d\d:\d\d$/;

function told(hosts: SimulatedHosts) {
  return hosts.told.map(({ vm, event, host, inMs }) => [vm, event, host, inMs]);
}

function shownOf(rows: DrainRows, vm: string) {
  return drainStatusOf(rows).vms.find(({ uuid }) => uuid === vm);
}

async function warningsOf(bed: DrainBed | FleetBed): Promise<string[]> {
  const rows = await bed.database.query<{ words: string }>(
    "select data->>'words' as words from fleet.event where kind = 'notice-failed' order by id",
  );
  return rows.map(({ words }) => words);
}

describe.concurrent('a guest', () => {
  test('is told where its VM asks for it, is moved once its time is over, and hears that it was', async () => {
    const hosts = new SimulatedHosts({ a: [{ uuid: 'vm1', ...asks('2s') }, { uuid: 'vm2' }] });
    await using bed = await DrainBed.make(server, 'notice', hosts);
    const asked: string[] = [];
    const hooks: Hooks = {
      has: (stage) => stage === 'before-vm',
      ask: async (_, { vm }) => {
        asked.push(vm?.name ?? '');
        return { is: 'go' };
      },
    };
    await bed.runner('one', hooks);
    const drain = await bed.drain('a', { to: [{ uri: 'b' }], hooks: ['before-vm'] });
    const { view } = await bed.until(drain, () => hosts.told.length > 0);
    // It has its slots, and the others have theirs.
    await bed.until(drain, ({ states }) => states['vm2'] === 'moved');
    expect(view.vms.get('vm1')?.state.is).not.toBe('moved');
    const shown = shownOf(await bed.rows(drain), 'vm1');
    expect(shown).toMatchObject({ state: 'queued', notice: { unheard: null }, tries: 0 });
    expect(shown?.words).toMatch(NOTICE_WORDS);
    await bed.until(drain, ({ states }) => states['vm1'] === 'moved');
    expect(told(hosts)).toEqual([
      ['vm1', 'moving', 'a', 2000],
      ['vm1', 'moved', 'b', 0],
    ]);
    const began = hosts.migrations.find(({ vm }) => vm === 'vm1')?.fromMs ?? 0;
    expect(began - (hosts.told[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(2000);
    expect(await warningsOf(bed)).toEqual([]);
    // Before its guest is told, and not each time that somebody looks whether its time has come.
    expect(asked.toSorted()).toEqual(['vm1', 'vm2']);
    await bed.expectTrue();
  });

  test('that cannot be told is moved all the same at that time, which is shown with its words', async () => {
    const agent = async () => {
      throw new Error(`\u{1b}[2J no\0 agent \u{d800}${'x'.repeat(100_000)}`);
    };
    const hosts = new SimulatedHosts({ a: [{ uuid: 'vm1', ...asks('1s'), agent }] });
    await using bed = await DrainBed.make(server, 'no_agent', hosts);
    await bed.runner();
    const drain = await bed.drain('a', { to: [{ uri: 'b' }] });
    await bed.until(drain, ({ view }) => {
      const state = view.vms.get('vm1')?.state;
      return state?.is === 'queued' && state.waitsFor === 'notice' && state.unheard !== undefined;
    });
    const shown = shownOf(await bed.rows(drain), 'vm1');
    expect(shown?.words).toMatch(/^moves at \d\d:\d\d:\d\d; its guest could not be told: .* no. agent .x+…$/);
    expect(shown?.notice?.unheard?.length).toBeLessThan(310);
    const { view } = await bed.until(drain, ({ states }) => states['vm1'] === 'moved');
    expect(view.vms.get('vm1')?.state).toMatchObject({
      unheard: expect.stringContaining('no\u{fffd} agent'),
    });
    const began = hosts.migrations[0]?.fromMs ?? 0;
    expect(began - (hosts.told[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(1000);
    expect(await warningsOf(bed)).toHaveLength(2);
    await bed.expectTrue();
  });

  test('hears that it stays where the drain is paused meanwhile, and has its notice again afterwards', async () => {
    const hosts = new SimulatedHosts({ a: [{ uuid: 'vm1', ...LONG }] });
    await using bed = await DrainBed.make(server, 'notice_paused', hosts);
    await bed.runner();
    const drain = await bed.drain('a', { to: [{ uri: 'b' }] });
    await bed.until(drain, () => hosts.told.length === 1);
    await pauseDrain(bed.database, drain);
    await bed.until(drain, () => hosts.told.length === 2);
    await bed.until(drain, ({ view }) => {
      const state = view.vms.get('vm1')?.state;
      return state?.is === 'queued' && state.waitsFor === 'slot';
    });
    hosts.says('vm1', { notice: '1s' });
    await resumeDrain(bed.database, drain);
    await bed.until(drain, ({ states }) => states['vm1'] === 'moved');
    expect(told(hosts)).toEqual([
      ['vm1', 'moving', 'a', 600_000],
      ['vm1', 'stays', 'a', 0],
      ['vm1', 'moving', 'a', 1000],
      ['vm1', 'moved', 'b', 0],
    ]);
    await bed.expectTrue();
  });

  test('hears that it stays where the drain is cancelled, its move fails, or its word is another by then', async () => {
    const hosts = new SimulatedHosts({
      a: [{ uuid: 'vm1', ...LONG }],
      d: [{ uuid: 'vm2', ...asks('1s'), refusedBy: { b: NO_CPU } }],
      e: [{ uuid: 'vm3', ...asks('3s') }],
    });
    await using bed = await DrainBed.make(server, 'notice_ends', hosts);
    await bed.runner();
    const [cancelled, refused, said] = await Promise.all(
      ['a', 'd', 'e'].map((host) => bed.drain(host, { to: [{ uri: 'b' }] })),
    );
    await bed.until(said ?? '', () => hosts.told.some(({ vm }) => vm === 'vm3'));
    hosts.says('vm3', { notice: '3s', maintenance: 'leave' });
    await bed.until(cancelled ?? '', () => hosts.told.some(({ vm }) => vm === 'vm1'));
    await cancelDrain(bed.database, cancelled ?? '');
    await bed.until(cancelled ?? '', ({ states }) => states['vm1'] === 'left');
    await bed.until(refused ?? '', ({ states }) => states['vm2'] === 'held');
    await bed.until(said ?? '', ({ states }) => states['vm3'] === 'held');
    const heard = hosts.told.map(({ vm, event, host }) => `${vm} ${event} ${host}`);
    expect(heard.toSorted()).toEqual([
      ...['vm1 moving a', 'vm1 stays a', 'vm2 moving d', 'vm2 stays d', 'vm3 moving e', 'vm3 stays e'],
    ]);
    expect(hosts.migrations).toEqual([]);
  });
});

describe('a controller that is killed', () => {
  test('while a guest waits is followed by one that tells it nothing twice and begins no sooner', async () => {
    await using bed = await FleetBed.make(server, [{ noticeMs: 4000 }]);
    const first = await bed.process('first');
    await bed.drain('a');
    await expect.poll(async () => (await noticeIn(bed))?.notice, { timeout: 20_000 }).toBe('given');
    await first.kill();
    await bed.controller('second');
    await bed.untilMoved();
    expectToldOnce(bed, 4000);
    expect(await warningsOf(bed)).toEqual([]);
    await bed.expectTrue();
  });

  test('while it tells a guest is followed by one that says so, tells it nothing twice and begins no sooner', async () => {
    await using bed = await FleetBed.make(server, [{ noticeMs: 3000 }]);
    const first = await bed.process('first', { standAt: 'told' });
    await bed.drain('a');
    await first.says(/^at told/);
    await first.kill();
    await bed.controller('second');
    await bed.untilMoved();
    expectToldOnce(bed, 3000);
    expect(await warningsOf(bed)).toEqual([expect.stringContaining('its controller went away')]);
    await bed.expectTrue();
  });

  async function noticeIn(bed: FleetBed) {
    await sleep(20);
    const [row] = await bed.database.query<{ notice: string | null }>('select notice from fleet.move');
    return row;
  }

  function expectToldOnce(bed: FleetBed, noticeMs: number) {
    const acts = bed.world.acts().filter(({ what }) => what.startsWith('tell ') || what === 'start');
    expect(acts.map(({ what, controller }) => `${controller} ${what}`)).toEqual([
      ...['first tell moving', 'second start', 'second tell moved'],
    ]);
    // The world's clock has hundredths of a second.
    expect((acts[1]?.atMs ?? 0) - (acts[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(noticeMs - 10);
  }
});

const NO_CPU = { class: 'refused', code: 'different-cpu', words: 'b lacks its CPU' } as const;
