import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HeldLooks, looksAgain } from './look-again.ts';
import { DrainBed } from './testing/drain-bed.ts';
import { FleetServer } from './testing/fleet-database.ts';
import { SimulatedHosts } from './testing/simulated-hosts.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

const CD = { class: 'refused', code: 'not-shared', words: 'its CD-ROM is local' } as const;

test('which reasons may go by themselves', () => {
  for (const code of ['different-cpu', 'name-taken', 'managed', 'own-word', 'asks-first', 'other-word'])
    expect(looksAgain(code), code).toBe(true);
  for (const code of ['no-pause-fits', 'migration-failed', 'was-unknown', 'not-off', 'hook-holds', 'aborted'])
    expect(looksAgain(code), code).toBe(false);
});

test('it is time once the domain is another, and after ten minutes', () => {
  const looks = new HeldLooks();
  const move = { id: 'm', code: 'not-shared' } as never;
  expect(looks.isDue(move, 'x', 0)).toBe(false);
  expect(looks.isDue(move, 'x', 599_999)).toBe(false);
  expect(looks.isDue(move, 'x', 600_000)).toBe(true);
  expect(looks.isDue(move, 'x', 600_001)).toBe(false);
  expect(looks.isDue(move, 'y', 600_002)).toBe(true);
  // It was held anew, for something else: that is where it begins.
  expect(looks.isDue({ id: 'm', code: 'different-cpu' } as never, 'z', 600_003)).toBe(false);
});

describe.concurrent('what is held', () => {
  test('goes by itself once its domain has changed, or its word, and nothing else does', async () => {
    const hosts = new SimulatedHosts({
      a: [
        { uuid: 'cd', refusedBy: { b: CD } },
        { uuid: 'ask', metadata: { maintenance: 'ask' } },
        { uuid: 'later', metadata: { maintenance: 'ask' } },
        { uuid: 'stuck', refusedBy: { b: CD } },
      ],
    });
    await using bed = await DrainBed.make(server, 'again', hosts);
    await bed.runner();
    const drain = await bed.drain('a', { to: [{ uri: 'b' }] });
    const { view } = await bed.untilPhase(drain, 'blocked');
    expect(view.vms.get('cd')?.state).toMatchObject({ is: 'held', looksAgain: true });
    // So that it was looked at as it is.
    const { lookedMs } = (await bed.rows(drain)).drain;
    for (let now = 0; now <= (lookedMs ?? 0) + 400; now = (await bed.rows(drain)).drain.lookedMs ?? 0)
      await sleep(50);
    hosts.change('cd', { refusedBy: {} });
    hosts.says('ask', { maintenance: 'shutdown' });
    hosts.says('later', { maintenance: 'leave' });
    await bed.until(
      drain,
      ({ states }) => states['cd'] === 'moved' && states['ask'] === 'off' && states['later'] === 'left',
    );
    expect((await bed.untilPhase(drain, 'blocked')).states).toMatchObject({ stuck: 'held' });
    expect(hosts.migrations.map(({ vm }) => vm)).toEqual(['cd']);
    expect(hosts.shutDowns).toEqual(['ask']);
    await bed.expectTrue();
  });

  test('by the deadline stays, and so does what is on its way where that was asked for', async () => {
    const hosts = new SimulatedHosts({ a: [{ uuid: 'vm1', lastsMs: 60_000 }, { uuid: 'vm2' }] });
    await using bed = await DrainBed.make(server, 'aborts', hosts);
    await bed.runner();
    const deadline = new Date(Date.now() + 4000);
    const drain = await bed.drain('a', { abortRunning: true, atATime: 1 }, { deadline });
    await bed.until(drain, () => hosts.running().length === 1);
    const { words, status } = await bed.untilPhase(drain, 'ended');
    expect({ words, status }).toEqual({ words: 'expired, with 2 VMs still there', status: 5 });
    expect(hosts.on('a')).toEqual(['vm1', 'vm2']);
    expect(hosts.migrations.map(({ arrived }) => arrived)).toEqual([false]);
    await bed.expectTrue({ source: 1 });
  });
});
