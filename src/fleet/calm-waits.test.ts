/** Whole drains of simulated guests whose writing changes, on a real PostgreSQL: who waits for a calmer moment, and what ends that. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planDrain } from '../drain/drain-plan.ts';
import { destinationOf, GIB, vmOf } from '../drain/testing/drawn.ts';
import { beginPlanned } from './begin-drain.ts';
import { startWhen } from './calm-again.ts';
import { CalmWaits } from './calm-waits.ts';
import { decideVm } from './decide.ts';
import { readDrainDetail } from './drain-detail.ts';
import { forecastEndOf } from './drain-forecast.ts';
import { type DrainSettings, parseDrainSettings } from './drain-settings.ts';
import { drainStatusOf } from './drain-status.ts';
import { changeDrain, pauseDrain, resumeDrain } from './drains.ts';
import { readKeptPlan } from './kept-plan.ts';
import { DrainBed } from './testing/drain-bed.ts';
import { FleetServer } from './testing/fleet-database.ts';
import { SimulatedHosts, type SimulatedVm } from './testing/simulated-hosts.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

const HOUR_MS = 3600e3;
const CALM: DrainSettings = {
  ...{
    to: [{ uri: 'b' }],
    order: 'listed',
    atATime: 2,
    reserveBytes: 0,
    apart: [],
    force: false,
    stated: {},
  },
  ...{ startWhen: 'calm', calmWithinMs: 2 * HOUR_MS },
};
const BUSY: SimulatedVm = { uuid: 'busy', pauseMs: 2300 };
const WILD: SimulatedVm = { uuid: 'wild', pauseMs: 9000 };

/** As `switchover drain` begins it, by what a probe of each says. */
async function begin(bed: DrainBed, settings: Partial<DrainSettings> = {}, deadline?: Date): Promise<string> {
  const vms = [];
  for (const uuid of bed.hosts.on('a')) {
    const now = await bed.looker.look({ vm: uuid, source: 'a' });
    const obstacles = now.is === 'no-pause-fits' ? [now.reason] : [];
    vms.push(vmOf(uuid, { uuid, now, obstacles, memoryBytes: GIB }));
  }
  bed.looker.looked.length = 0;
  const asked =
    settings.startWhen === 'calm' && !settings.calmWithinMs
      ? (settings as DrainSettings)
      : { ...CALM, ...settings };
  const plan = planDrain({
    ...{ link: 'a', vms, destinations: [destinationOf('b')], order: 'listed', atATime: 2, reserveBytes: 0 },
    ...{ deadlineMs: undefined, random: () => 0.5 },
  });
  const wanted = { host: 'a', requestedBy: 'test', settings: asked, ...(deadline ? { deadline } : {}) };
  return (await beginPlanned(bed.database, wanted, { plan })).id;
}

async function statusOf(bed: DrainBed, id: string, name: string) {
  const status = drainStatusOf(await bed.rows(id));
  const vm = status.vms.find((each) => each.name === name);
  if (!vm) throw new Error(`there is no VM ${name}`);
  return { ...status, vm };
}

async function nextTries(bed: DrainBed): Promise<readonly number[]> {
  const rows = await bed.database.query<{ inMs: number }>(
    `select extract(epoch from next_try - now())::float8 * 1000 as "inMs" from fleet.move where waits_calm`,
  );
  return rows.map(({ inMs }) => inMs);
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`it did not come about: ${what}`);
    await sleep(40);
  }
}

async function untilLookedAt(bed: DrainBed, times: number): Promise<void> {
  await until(`${times} looks`, () => bed.looker.looked.length >= times);
  await until('their ends', async () => (await nextTries(bed)).every((inMs) => inMs > 0));
}

describe.concurrent('a busy VM', () => {
  test('waits without a slot, says until when and why, lets others go first, and begins once it is calm', async () => {
    const hosts = new SimulatedHosts({ a: [BUSY, { uuid: 'idle1' }, { uuid: 'idle2' }] });
    await using bed = await DrainBed.make(server, 'calm_waits', hosts);
    const drain = await begin(bed);
    await bed.runner();
    await bed.until(drain, ({ states }) => states['idle1'] === 'moved' && states['idle2'] === 'moved');
    await untilLookedAt(bed, 1);
    const { vm, words, state } = await statusOf(bed, drain, 'busy');
    expect(vm).toMatchObject({
      ...{ state: 'queued', reason: { code: 'calmer-moment' } },
      words: expect.stringMatching(
        /^waits for a calmer moment until (\d{4}-\d\d-\d\d )?\d\d:\d\d: now it would stand still for 2300 ms: `switchover drain decide HOST busy move` begins it now$/,
      ),
    });
    expect(Date.parse(vm.calmUntil ?? '') - Date.now()).toBeGreaterThan(1.9 * HOUR_MS);
    expect({ state, words }).toEqual({
      ...{ state: 'draining', words: 'draining: 1 VM left, 0 on the way, 1 waits for a calmer moment' },
    });
    expect(await bed.database.query('select from fleet.claim')).toEqual([]);
    // Not before it is worth it.
    expect(Math.min(...(await nextTries(bed)))).toBeGreaterThan(60_000);
    expect(hosts.migrations.map(({ vm: moved }) => moved)).not.toContain('busy');
    // Whoever asks when it is over is told of the wait.
    const rows = await bed.rows(drain);
    const detail = await readDrainDetail(bed.database, drain);
    const plan = await readKeptPlan(bed.database, drain);
    const end = detail && forecastEndOf({ rows, detail, plan, openings: undefined }, 'draining');
    expect((end?.low ?? 0) - rows.drain.nowMs).toBeLessThan(60_000);
    expect((end?.high ?? 0) - rows.drain.nowMs).toBeGreaterThan(1.9 * HOUR_MS);

    // A lull is looked at once more.
    hosts.change('busy', { pauseMs: 100 });
    await bed.hurry();
    await untilLookedAt(bed, 2);
    expect((await statusOf(bed, drain, 'busy')).vm.words).toContain('looked at once more');
    hosts.change('busy', { pauseMs: 2300 });
    await bed.hurry();
    await untilLookedAt(bed, 3);
    hosts.change('busy', { pauseMs: 100 });
    await bed.hurry();
    await untilLookedAt(bed, 4);
    expect(hosts.hostOf('busy')).toBe('a');
    await bed.hurry();
    await bed.until(drain, ({ states }) => states['busy'] === 'moved');
    await bed.expectTrue();
  });

  test('that is still busy at the bound moves as it is; one that no pause fits is held with what it needs', async () => {
    const hosts = new SimulatedHosts({ a: [BUSY, WILD] });
    await using bed = await DrainBed.make(server, 'calm_bound', hosts);
    const drain = await begin(bed, { calmWithinMs: 3000 });
    await bed.runner();
    await untilLookedAt(bed, 2);
    expect(hosts.migrations).toEqual([]);
    // The next look is at the bound, and no later.
    const { view, status } = await bed.until(
      drain,
      ({ states }) => states['busy'] === 'moved' && states['wild'] === 'held',
    );
    expect(view.vms.get('wild')?.state).toMatchObject({
      reason: {
        ...{ code: 'no-pause-fits', remedy: 'allow it' },
        words: 'no calmer moment came in time, and it needs a pause of 9000 ms',
      },
    });
    expect(status).toBe(5);
    // It was never begun.
    expect(hosts.migrations.map(({ vm }) => vm)).toEqual(['busy']);
    await bed.untilPhase(drain, 'blocked');
  });

  test('waits no longer than the deadline leaves time for all that is to be done yet', async () => {
    const hosts = new SimulatedHosts({
      a: [
        { ...BUSY, lastsMs: 600_000 },
        { ...WILD, lastsMs: 900_000 },
      ],
    });
    await using bed = await DrainBed.make(server, 'calm_deadline', hosts);
    const deadline = new Date(Date.now() + HOUR_MS);
    const { calmWithinMs, ...untilDeadline } = CALM;
    const drain = await begin(bed, untilDeadline, deadline);
    await bed.runner();
    await untilLookedAt(bed, 2);
    await bed.hurry();
    await untilLookedAt(bed, 4);
    // One after the other, since each has its link alone.
    const { vm } = await statusOf(bed, drain, 'busy');
    expect(deadline.getTime() - Date.parse(vm.calmUntil ?? '')).toBe(1_500_000);
    // Once no time is left the one that fits begins.
    await changeDrain(bed.database, drain, { deadline: new Date(Date.now() + 1_400_000) });
    await bed.hurry();
    await bed.until(drain, ({ states }) => states['busy'] === 'moving' && states['wild'] === 'held');
  });

  test('begins at once by a person’s word, although a look is under way, and is held by what its migration finds', async () => {
    const hosts = new SimulatedHosts({ a: [BUSY, WILD] });
    await using bed = await DrainBed.make(server, 'calm_decided', hosts);
    const drain = await begin(bed);
    await bed.runner();
    await untilLookedAt(bed, 2);
    const { promise, resolve } = Promise.withResolvers<void>();
    bed.looker.stuck = promise;
    await bed.hurry();
    await until('a third look', () => bed.looker.looked.length === 3);
    for (const name of ['busy', 'wild'])
      await decideVm(bed.database, drain, name, { decision: 'move', by: 'somebody' });
    await bed.until(drain, ({ states }) => states['busy'] === 'moved' && states['wild'] === 'held');
    resolve();
    await sleep(300);
    // Nobody waits again for what a person has decided of.
    expect((await bed.told(drain)).states).toEqual({ busy: 'moved', wild: 'held' });
    await decideVm(bed.database, drain, 'wild', {
      decision: 'move',
      by: 'somebody',
      stated: { maxDowntimeMs: 10_000 },
    });
    await bed.until(drain, ({ states }) => states['wild'] === 'moved');
    await bed.expectTrue();
  });

  test('whose migration breaks off because it has become busy waits again, and not past its bound', async () => {
    const hosts = new SimulatedHosts({ a: [{ uuid: 'fickle', lastsMs: 400 }] });
    await using bed = await DrainBed.make(server, 'calm_fickle', hosts);
    const drain = await begin(bed);
    await bed.runner();
    await bed.until(drain, () => hosts.running().length === 1);
    hosts.change('fickle', { pauseMs: 9000 });
    await bed.until(drain, ({ view }) =>
      JSON.stringify(view.vms.get('fickle')?.state).includes('calmer-moment'),
    );
    expect(await bed.database.query('select from fleet.claim')).toEqual([]);
    expect((await nextTries(bed))[0]).toBeGreaterThan(10_000);
    await bed.hurry();
    await untilLookedAt(bed, 1);
    hosts.change('fickle', { pauseMs: 50, lastsMs: 900 });
    await bed.hurry();
    await untilLookedAt(bed, 2);
    await bed.hurry();
    await bed.until(drain, () => hosts.running().length === 1);
    hosts.change('fickle', { pauseMs: 9000 });
    await bed.database.query('update fleet.move set calm_until = now()');
    const { view } = await bed.until(drain, ({ states }) => states['fickle'] === 'held');
    expect(view.vms.get('fickle')?.state).toMatchObject({ reason: { code: 'no-pause-fits' } });
    await bed.expectTrue();
  });

  test('is looked at by another controller where one was killed in its look, and by none while its drain is paused', async () => {
    const hosts = new SimulatedHosts({ a: [BUSY] });
    await using bed = await DrainBed.make(server, 'calm_killed', hosts);
    const drain = await begin(bed);
    // As it leaves its row.
    await bed.database.query("update fleet.move set looking_until = clock_timestamp() + interval '1500 ms'");
    await bed.runner('two');
    await sleep(500);
    expect(bed.looker.looked).toEqual([]);
    await untilLookedAt(bed, 1);
    await pauseDrain(bed.database, drain);
    hosts.change('busy', { pauseMs: 10 });
    await bed.hurry();
    await sleep(500);
    expect(bed.looker.looked).toEqual(['busy']);
    await resumeDrain(bed.database, drain);
    await untilLookedAt(bed, 2);
    await bed.hurry();
    await bed.until(drain, ({ states }) => states['busy'] === 'moved');
    // One that closes in the middle of a look lets go of it at once.
    hosts.appear('a', BUSY);
    const third = await bed.runner('three');
    bed.looker.stuck = new Promise(() => {});
    await until('its look', () => bed.looker.looked.length > 3);
    await third[Symbol.asyncDispose]();
  });

  test('is let go of at once by one that ends before it has read its row', async () => {
    await using bed = await DrainBed.make(server, 'calm_ending', new SimulatedHosts({ a: [BUSY] }));
    await begin(bed);
    bed.looker.stuck = new Promise(() => {});
    const waits = new CalmWaits({
      ...{ database: bed.database, looker: bed.looker, lookingMs: 60_000, most: 1 },
      warn: () => {},
    });
    await waits.begin();
    await waits[Symbol.asyncDispose]();
    expect(await bed.database.query('select from fleet.move where looking_until is not null')).toEqual([]);
  });

  test('that waited on such an evening in vain on earlier days does not wait this time', async () => {
    const hosts = new SimulatedHosts({ a: [BUSY, { ...BUSY, uuid: 'other' }] });
    await using bed = await DrainBed.make(server, 'calm_profile', hosts);
    await bed.runner('warm');
    await bed.database.query(
      `insert into fleet.look (vm, at, pause_ms)
       select vm, now() - interval '1 day' + minutes * interval '1 minute', case vm when 'busy' then 2200 else 150 end
       from unnest(array['busy', 'other']) as vm, generate_series(5, 115, 10) as minutes`,
    );
    const drain = await begin(bed);
    await bed.until(drain, ({ states }) => states['busy'] === 'moved');
    await untilLookedAt(bed, 2);
    expect((await statusOf(bed, drain, 'other')).vm.words).toContain(
      'on earlier days a pause of 150 ms was possible',
    );
    const [over] = await bed.database.query<{ words: string }>(
      "select data->>'words' as words from fleet.event where kind = 'calm-wait-over'",
    );
    expect(over?.words).toContain('on earlier days no calmer moment came');
    // What was seen today is kept for later ones, at most two weeks.
    await bed.database.query("update fleet.look set at = at - interval '14 days'");
    await bed.hurry();
    await untilLookedAt(bed, 3);
    expect(await bed.database.query('select vm from fleet.look')).toEqual([{ vm: 'other' }]);
  });
});

describe.concurrent('a drain', () => {
  test('that is told so later waits, or waits no more, and looks first at what appears', async () => {
    const hosts = new SimulatedHosts({ a: [WILD] });
    await using bed = await DrainBed.make(server, 'calm_later', hosts);
    const drain = await begin(bed, { startWhen: 'now' });
    await bed.runner();
    await bed.until(drain, ({ states }) => states['wild'] === 'held');
    const settings = parseDrainSettings((await bed.rows(drain)).drain.settings);
    await changeDrain(bed.database, drain, { settings: { ...settings, startWhen: 'calm' } });
    await startWhen(bed.database, drain, { startWhen: 'calm' });
    await untilLookedAt(bed, 1);
    expect((await statusOf(bed, drain, 'wild')).vm.words).toMatch(/^waits for a calmer moment until/);
    hosts.appear('a', { ...BUSY, uuid: 'new' });
    hosts.appear('a', { uuid: 'still' });
    await until('looks at both', () => ['new', 'still'].every((vm) => bed.looker.looked.includes(vm)));
    await untilLookedAt(bed, 3);
    await bed.hurry();
    await bed.until(drain, ({ states }) => states['still'] === 'moved');
    expect(bed.looker.looked).toContain('still');
    expect((await statusOf(bed, drain, 'new')).vm.state).toBe('queued');
    expect(hosts.migrations.map(({ vm }) => vm)).toEqual(['still']);
    await changeDrain(bed.database, drain, { settings: { ...settings, startWhen: 'now' } });
    await startWhen(bed.database, drain, { startWhen: 'now' });
    await bed.until(drain, ({ states }) => states['new'] === 'moved' && states['wild'] === 'held');
    await bed.expectTrue();
  });

  test('that does not wait begins with busy VMs as ever', async () => {
    const hosts = new SimulatedHosts({ a: [BUSY] });
    await using bed = await DrainBed.make(server, 'calm_not', hosts);
    const drain = await begin(bed, { startWhen: undefined });
    await bed.runner();
    await bed.until(drain, ({ states }) => states['busy'] === 'moved');
    expect(bed.looker.looked).toEqual([]);
  });
});
