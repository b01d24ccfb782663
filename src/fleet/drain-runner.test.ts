/**
 * Whole drains on simulated hosts, with faults, on a real PostgreSQL. What moved, and how much at a time, is asked of the hosts'
 * own record, and never of what the engine believes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setCapacity } from './claims.ts';
import { parseDrainSettings } from './drain-settings.ts';
import {
  cancelDrain,
  changeDrain,
  pauseDrain,
  releaseAllHeld,
  releaseDrain,
  releaseHeld,
  resumeDrain,
} from './drains.ts';
import { cordonHost, uncordonHost } from './hosts.ts';
import { DrainBed } from './testing/drain-bed.ts';
import { FleetServer } from './testing/fleet-database.ts';
import { SimulatedHosts, type SimulatedVm } from './testing/simulated-hosts.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

const vms = (count: number, each: Partial<SimulatedVm> = {}): SimulatedVm[] =>
  Array.from({ length: count }, (_, index) => ({ uuid: `vm${index + 1}`, ...each }));

const WAY_GONE = { class: 'transient', code: 'migration-failed', words: 'the connection was reset' } as const;
const NO_CPU = { class: 'refused', code: 'different-cpu', words: 'its CPU is another' } as const;

test.concurrent('a host is empty once it was seen so twice, ten seconds apart, whatever happens meanwhile', async () => {
  const hosts = new SimulatedHosts({ a: vms(8, { lastsMs: 400 }) });
  await using bed = await DrainBed.make(server, 'whole', hosts);
  await bed.runner('one');
  const second = await bed.runner('two');
  const drain = await bed.drain('a');
  await bed.until(drain, () => hosts.running().length === 2);
  // One is powered off, one arrives, and others take one away: that counts too.
  hosts.vanish('vm8');
  hosts.appear('a', { uuid: 'late', lastsMs: 100 });
  hosts.migrate('vm7', 'a', 'c', 'somebody');
  await sleep(100);
  // The source is asked nothing for a while, and what runs goes on.
  hosts.deafen('a');
  await sleep(300);
  hosts.recover('a');
  await setCapacity(bed.database, 'source', 'a', 1);
  await second[Symbol.asyncDispose]();
  await bed.until(drain, ({ states }) =>
    Object.values(states).every((is) => is === 'moved' || is === 'gone'),
  );
  expect(hosts.on('a')).toEqual([]);
  const emptyMs = performance.now();
  expect((await bed.told(drain)).phase).not.toBe('empty');
  const { words, status, states } = await bed.untilPhase(drain, 'empty');
  expect(performance.now() - emptyMs).toBeGreaterThan(9000);
  expect({ words, status }).toEqual({ words: 'empty: no VM runs there, and none comes or goes', status: 0 });
  expect(states).toMatchObject({ vm1: 'moved', vm7: 'gone', vm8: 'gone', late: 'moved' });
  // Somebody's own migration comes on top of what the limit lets in.
  await bed.expectTrue({ source: 3 });
  expect(hosts.migrations.filter(({ vm }) => vm === 'vm7')).toHaveLength(1);

  // What is started there afterwards is told, and moved.
  hosts.appear('a', { uuid: 'later', lastsMs: 1000 });
  await bed.until(drain, ({ phase }) => phase === 'draining');
  await bed.until(drain, () => hosts.running().length === 1);
  expect(await releaseDrain(bed.database, drain)).toBe(false);
  expect((await bed.untilPhase(drain, 'ended')).words).toBe('released');
  expect(hosts.on('a')).toEqual([]);
}, 60_000);

describe.concurrent('a VM', () => {
  test('that one destination refuses goes to another; one that all refuse is held, and its drain is blocked', async () => {
    const stuck = { refusedBy: { b: NO_CPU, c: NO_CPU } };
    const [first, second] = vms(2);
    const hosts = new SimulatedHosts({
      a: [
        { ...first, uuid: 'picky', refusedBy: { b: NO_CPU } },
        { ...second, uuid: 'stuck', ...stuck },
      ],
    });
    await using bed = await DrainBed.make(server, 'refused', hosts);
    await bed.runner();
    const drain = await bed.drain('a');
    const { words, status, states } = await bed.untilPhase(drain, 'blocked');
    expect(states).toEqual({ picky: 'moved', stuck: 'held' });
    expect(hosts.hostOf('picky')).toBe('c');
    expect(words).toBe(
      'blocked: 1 VM left, and none of them can be moved now: stuck (b and c: its CPU is another)',
    );
    expect(status).toBe(4);
    // Nothing was begun for it, and a person's word begins it anew, with one more destination.
    expect(hosts.migrations.map(({ vm }) => vm)).toEqual(['picky']);
    const to = [...parseDrainSettings((await bed.rows(drain)).drain.settings).to, { uri: 'd' }];
    await changeDrain(bed.database, drain, {
      settings: { ...parseDrainSettings((await bed.rows(drain)).drain.settings), to },
    });
    const move = (await bed.rows(drain)).moves.find(({ name }) => name === 'stuck');
    expect(await releaseHeld(bed.database, move?.id ?? '')).toBe(true);
    await bed.until(drain, () => hosts.hostOf('stuck') === 'd');
    await bed.until(drain, ({ states }) => states['stuck'] === 'moved');
    await bed.expectTrue();
  });

  // Found on real hosts: it was told to be gone, and a return left it where it was.
  test('that its host lists for a moment more once it has moved is not moved again', async () => {
    const hosts = new SimulatedHosts({ a: vms(3, { lingersMs: 4000 }) });
    await using bed = await DrainBed.make(server, 'lingers', hosts);
    await bed.runner();
    const drain = await bed.drain('a');
    const { states } = await bed.untilPhase(drain, 'empty');
    expect(states).toEqual({ vm1: 'moved', vm2: 'moved', vm3: 'moved' });
    expect(await bed.database.query('select from fleet.move')).toHaveLength(3);
    expect(hosts.migrations).toHaveLength(3);
    await bed.expectTrue();
  });

  test('that must not be moved is not: neither at the beginning, nor as it appears', async () => {
    const managed = {
      obstacles: [{ code: 'managed', words: 'OpenStack Nova manages it', remedy: 'drain it there' }],
    };
    const hosts = new SimulatedHosts({ a: [{ uuid: 'nova', ...managed }] });
    await using bed = await DrainBed.make(server, 'managed', hosts);
    await bed.runner();
    const drain = await bed.drain('a');
    const { status } = await bed.untilPhase(drain, 'blocked');
    expect(status).toBe(3);
    hosts.appear('a', { uuid: 'nova2', ...managed });
    const { view } = await bed.until(drain, ({ states }) => states['nova2'] === 'held');
    expect(view.vms.get('nova2')?.state).toMatchObject({ reason: { remedy: 'drain it there' } });
    expect(hosts.migrations).toEqual([]);
  });

  test('whose migration fails is tried again elsewhere, and one after three is left out', async () => {
    // Long enough to be seen under way on a busy machine.
    const hosts = new SimulatedHosts({ a: vms(5, { lastsMs: 1500 }) });
    await using bed = await DrainBed.make(server, 'failing', hosts);
    await bed.runner();
    const drain = await bed.drain('a', { atATime: 1 });
    for (let failures = 0; failures < 3; failures += 1) {
      await bed.until(drain, () => hosts.running().some(({ destination }) => destination === 'b'));
      for (const each of hosts.running()) if (each.destination === 'b') hosts.end(each, false, WAY_GONE);
      await sleep(150);
    }
    await bed.until(drain, ({ view }) => view.breakers.get('b')?.outUntilMs !== undefined);
    const before = hosts.migrations.filter(({ destination }) => destination === 'b').length;
    for (let round = 0; round < 100 && hosts.on('a').length > 0; round += 1) {
      await bed.hurry();
      await sleep(100);
    }
    expect(hosts.on('a')).toEqual([]);
    expect(hosts.migrations.filter(({ destination }) => destination === 'b')).toHaveLength(before);
    await bed.until(drain, ({ states }) => Object.values(states).every((is) => is === 'moved'));
    await bed.expectTrue({ source: 1, destination: 1 });
  });

  test('waits for room, which is no try, and goes once there is some', async () => {
    const hosts = new SimulatedHosts(
      { a: vms(2, { memoryGib: 4 }), b: [{ uuid: 'there', memoryGib: 4 }] },
      { b: 8 },
    );
    await using bed = await DrainBed.make(server, 'room', hosts);
    await bed.runner();
    const drain = await bed.drain('a', { to: [{ uri: 'b' }] });
    const { words, status } = await bed.untilPhase(drain, 'blocked');
    expect(words).toMatch(/1 VM left.*vm2 \(b: it needs 4.29 GB/);
    expect(status).toBe(5);
    hosts.vanish('there');
    await bed.until(drain, ({ states }) => states['vm2'] === 'moved');
    await bed.expectTrue();
  });

  test('is kept apart from another, and nothing comes to a host that is cordoned or drained', async () => {
    const hosts = new SimulatedHosts({ a: vms(3), c: [{ uuid: 'other' }] });
    await using bed = await DrainBed.make(server, 'apart', hosts);
    await bed.runner();
    expect(await cordonHost(bed.database, 'd', 'somebody', undefined)).toBe(true);
    const to = ['b', 'c', 'd'].map((uri) => ({ uri }));
    const other = await bed.drain('c', { to: [{ uri: 'd' }] });
    const drain = await bed.drain('a', { to, apart: [['vm1', 'vm2']] });
    await bed.until(drain, ({ states }) => states['vm1'] === 'moved' && states['vm3'] === 'moved');
    const { view } = await bed.untilPhase(drain, 'blocked');
    expect(view.vms.get('vm2')?.state).toMatchObject({ is: 'queued', waitsFor: 'room' });
    expect(hosts.on('b')).toEqual(['vm1', 'vm3']);
    await bed.untilPhase(other, 'blocked');
    expect(await uncordonHost(bed.database, 'd')).toBe(true);
    await bed.until(drain, () => hosts.hostOf('vm2') === 'd');
    await bed.until(other, () => hosts.hostOf('other') === 'd');
  });

  test('of a destination that dies is not lost, and goes to another one', async () => {
    const hosts = new SimulatedHosts({ a: vms(3, { lastsMs: 500 }) });
    await using bed = await DrainBed.make(server, 'dying', hosts);
    await bed.runner();
    const drain = await bed.drain('a');
    const going = (
      await bed.until(drain, () => hosts.running().some(({ destination }) => destination === 'b'))
    ).states;
    expect(Object.values(going)).toContain('moving');
    hosts.die('b');
    for (let round = 0; round < 100 && hosts.on('a').length > 0; round += 1) {
      await bed.hurry();
      await sleep(100);
    }
    expect(hosts.on('c').length + hosts.on('b').length).toBe(3);
    await bed.until(drain, ({ states }) => Object.values(states).every((is) => is === 'moved'));
    await bed.expectTrue();
  });
});

describe.concurrent('a drain', () => {
  test('begins nothing after its deadline, lets what runs end, and keeps its host cordoned until it is released', async () => {
    const hosts = new SimulatedHosts({ a: vms(4, { lastsMs: 6000 }), b: [{ uuid: 'other' }] });
    await using bed = await DrainBed.make(server, 'late', hosts);
    const drain = await bed.drain('a', {}, { deadline: new Date(Date.now() + 5000) });
    await bed.runner();
    await bed.until(drain, () => hosts.running().length === 2);
    const { words, status } = await bed.untilPhase(drain, 'ended');
    expect({ words, status }).toEqual({ words: 'expired, with 2 VMs still there', status: 5 });
    expect(hosts.migrations.map(({ arrived }) => arrived)).toEqual([true, true]);
    const back = await bed.drain('b', { to: [{ uri: 'a' }] });
    const { view } = await bed.untilPhase(back, 'blocked');
    expect(view.vms.get('other')?.state).toMatchObject({ reason: { code: 'cordoned' } });
  });

  test('is paused and goes on; cancelled it begins nothing more', async () => {
    const hosts = new SimulatedHosts({ a: vms(4, { lastsMs: 1500 }) });
    await using bed = await DrainBed.make(server, 'paused', hosts);
    const drain = await bed.drain('a', { atATime: 1 });
    await bed.runner();
    await bed.until(drain, () => hosts.running().length === 1);
    await pauseDrain(bed.database, drain);
    await bed.until(drain, ({ states }) => Object.values(states).includes('moved'));
    await sleep(400);
    expect(hosts.migrations).toHaveLength(1);
    expect((await bed.told(drain)).phase).toBe('paused');
    await resumeDrain(bed.database, drain);
    await bed.until(drain, () => hosts.migrations.length === 2);
    await cancelDrain(bed.database, drain);
    const { words, status } = await bed.untilPhase(drain, 'ended');
    expect({ words, status }).toEqual({ words: 'cancelled, with 2 VMs still there', status: 5 });
    expect(hosts.on('a')).toHaveLength(2);
    await bed.expectTrue({ source: 1, destination: 1 });
  });

  test('stands still where nobody knows the side of a VM, until a person has looked', async () => {
    const hosts = new SimulatedHosts({ a: vms(2, { lastsMs: 300 }) });
    await using bed = await DrainBed.make(server, 'lost', hosts);
    await bed.runner();
    const drain = await bed.drain('a', { atATime: 1 });
    await bed.until(drain, () => hosts.running().length === 1);
    const [{ vm: lost } = { vm: '' }] = hosts.running();
    hosts.loseSight(lost);
    const { status, words } = await bed.until(drain, ({ states }) => states[lost] === 'unknown');
    expect(status).toBe(6);
    expect(words).toMatch(/^paused: it is not certain where one of its VMs runs/);
    await sleep(500);
    expect(hosts.migrations).toHaveLength(1);
    await bed.database.query("update fleet.move set next_try = now() where state = 'unknown'");
    await bed.until(drain, ({ view }) => JSON.stringify(view.vms.get(lost)?.state).includes('was-unknown'));
    expect((await bed.told(drain)).status).toBe(6);
    await resumeDrain(bed.database, drain);
    await bed.until(drain, ({ states }) => Object.values(states).every((is) => is === 'moved'));
    await bed.expectTrue({ source: 1, destination: 1 });
  });

  test('begins nothing while its window is closed, and nothing that would not be over as it closes', async () => {
    const hosts = new SimulatedHosts({ a: vms(2, { lastsMs: 200 }) });
    await using bed = await DrainBed.make(server, 'windows', hosts);
    const inMs = (ms: number) => new Date(Date.now() + ms);
    const drain = await bed.drain(
      'a',
      { windows: ['22:00-04:00'] },
      { opens: inMs(3_600_000), closes: inMs(7_200_000) },
    );
    const expects = async (vm: string, ms: number) =>
      await bed.database.query('update fleet.move set expects_ms = $3 where drain = $1 and vm = $2', [
        drain,
        vm,
        ms,
      ]);
    await expects('vm1', 60_000);
    await expects('vm2', 1_800_000);
    await bed.runner('one');
    const { phase, words } = await bed.untilPhase(drain, 'waiting');
    expect({ phase, words }).toEqual({
      phase: 'waiting',
      words: expect.stringMatching(/^waiting for its window, which opens in (1 h|59 min)/),
    });
    await sleep(500);
    expect(hosts.migrations).toEqual([]);
    // Open for an hour, of which ten minutes are left: the short one goes.
    await changeDrain(bed.database, drain, { opens: inMs(-3_000_000), closes: inMs(600_000) });
    await bed.until(drain, ({ states }) => states['vm1'] === 'moved');
    await sleep(500);
    expect(hosts.migrations.map(({ vm }) => vm)).toEqual(['vm1']);
    // Over: the next one is written down, and is today's or tomorrow's.
    await changeDrain(bed.database, drain, { opens: inMs(-7_200_000), closes: inMs(-1000) });
    const next = await bed.until(drain, (told) => told.phase === 'waiting' || hosts.migrations.length > 1);
    expect(next.view.waitsFor ?? 'open').toMatch(/its window|open/);
    const { opensMs, closesMs } = (await bed.rows(drain)).drain;
    expect((closesMs ?? 0) - (opensMs ?? 0)).toBe(6 * 3_600_000);
    // One that is longer than any window begins in it all the same.
    await expects('vm2', 86_400_000);
    await changeDrain(bed.database, drain, { opens: inMs(-1000), closes: inMs(600_000) });
    await bed.until(drain, ({ states }) => states['vm2'] === 'moved');
  });

  test('whose last window is over holds what is left, and begins it in a window that is named then', async () => {
    const hosts = new SimulatedHosts({ a: vms(2, { lastsMs: 2000 }) });
    await using bed = await DrainBed.make(server, 'last_window', hosts);
    const inMs = (ms: number) => new Date(Date.now() + ms);
    const windows = ['FREQ=DAILY;UNTIL=20200101T000000Z for 1h'];
    const drain = await bed.drain('a', { windows, atATime: 1 }, { opens: inMs(-60_000), closes: inMs(1500) });
    await bed.runner('one');
    const { words, status, states, view } = await bed.untilPhase(drain, 'blocked');
    // What had begun goes on.
    expect(states).toEqual({ vm1: 'moved', vm2: 'held' });
    expect(view.vms.get('vm2')?.state).toEqual({
      ...{ is: 'held', looksAgain: false },
      reason: {
        code: 'no-window',
        words: `${windows}: there will be no such time any more, so no move could begin`,
        remedy: 'name a window in which it may, with --window, in the same command again',
      },
    });
    expect(words).toMatch(/^blocked: 1 VM left, and none of them can be moved now: vm2 \(/);
    expect(status).toBe(5);
    await releaseAllHeld(bed.database, drain);
    await bed.until(drain, ({ view }) => view.vms.get('vm2')?.state.is === 'held');
    await changeDrain(bed.database, drain, { opens: inMs(-1000), closes: inMs(600_000) });
    await releaseAllHeld(bed.database, drain);
    await bed.until(drain, ({ states }) => states['vm2'] === 'moved');
  });

  test('whose VMs have a budget for their link share it evenly, anew whenever one begins or ends', async () => {
    const hosts = new SimulatedHosts({
      a: [
        { uuid: 'short', lastsMs: 1200 },
        { uuid: 'long', lastsMs: 3500 },
      ],
    });
    await using bed = await DrainBed.make(server, 'shared', hosts);
    const drain = await bed.drain('a', { linkBudgetBytesPerSecond: 100 });
    await bed.runner('one');
    const shares = () => hosts.running().map(({ share }) => share);
    await bed.until(drain, () => hosts.running().length === 2 && shares().every((share) => share === 50));
    await bed.until(drain, () => hosts.running().length === 1 && shares()[0] === 100);
    await changeDrain(bed.database, drain, {
      settings: {
        ...parseDrainSettings((await bed.rows(drain)).drain.settings),
        linkBudgetBytesPerSecond: 60,
      },
    });
    await bed.until(drain, () => shares()[0] === 60);
    await bed.until(drain, ({ states }) => states['long'] === 'moved');
    // From its first byte on none had more than the whole budget.
    for (const { sharesBefore } of hosts.migrations)
      for (const share of sharesBefore) expect(share).toBeLessThanOrEqual(100);
    await bed.expectTrue();
  });

  test('whose memory-intensive VM has its link alone', async () => {
    const hosts = new SimulatedHosts({ a: vms(4, { lastsMs: 200 }) });
    await using bed = await DrainBed.make(server, 'alone', hosts);
    await bed.runner();
    const drain = await bed.drain('a', {}, {}, ['vm2']);
    await bed.until(drain, ({ states }) => Object.values(states).every((is) => is === 'moved'));
    const [alone] = hosts.migrations.filter(({ vm }) => vm === 'vm2');
    const beside = hosts.migrations.filter(
      ({ vm, fromMs, toMs = 0 }) =>
        vm !== 'vm2' && fromMs < (alone?.toMs ?? 0) && toMs > (alone?.fromMs ?? 0),
    );
    expect(beside).toEqual([]);
    await bed.expectTrue();
  });
});
