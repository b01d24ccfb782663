/** What VMs say of themselves, and people of them, in whole drains on simulated hosts and a real PostgreSQL. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decideVm } from './decide.ts';
import { pauseDrain, resumeDrain } from './drains.ts';
import { DrainBed } from './testing/drain-bed.ts';
import { FleetServer } from './testing/fleet-database.ts';
import { SimulatedHosts, type SimulatedVm } from './testing/simulated-hosts.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

const vm = (
  uuid: string,
  metadata: Record<string, string>,
  more: Partial<SimulatedVm> = {},
): SimulatedVm => ({
  ...{ uuid, metadata },
  ...more,
});

describe.concurrent('its own word', () => {
  test('is heard: it stays, is asked about, or is shut down, and never by force; then a person decides', async () => {
    const hosts = new SimulatedHosts({
      a: [
        { uuid: 'plain' },
        vm('stay', { maintenance: 'leave' }),
        vm('ask', { maintenance: 'ask' }),
        vm('off', { maintenance: 'shutdown' }, { shutsDownInMs: 200 }),
        vm('back', { maintenance: 'shutdown-and-return' }),
        vm('deaf', { maintenance: 'shutdown' }, { shutsDownInMs: Number.POSITIVE_INFINITY }),
      ],
    });
    await using bed = await DrainBed.make(server, 'word', hosts);
    await bed.runner();
    const drain = await bed.drain('a', { shutdownTimeoutMs: 1200 });
    const { states, status, words, view } = await bed.untilPhase(drain, 'blocked');
    expect(states).toEqual({
      ...{ plain: 'moved', stay: 'left', ask: 'held', off: 'off', back: 'off', deaf: 'held' },
    });
    expect(status).toBe(4);
    expect(words).toMatch(
      /^blocked: 3 VMs left, .*stay \(by its own word, maintenance="leave", it stays\), ask/,
    );
    expect(view.vms.get('off')?.state).toEqual({ is: 'off', returns: false });
    expect(view.vms.get('back')?.state).toEqual({ is: 'off', returns: true });
    expect(view.vms.get('deaf')?.state).toMatchObject({
      reason: { code: 'not-off', words: 'it was asked to shut down, and is not off after 1.2 s' },
    });
    expect([...hosts.shutDowns].sort()).toEqual(['back', 'deaf', 'off']);
    expect(hosts.migrations.map((each) => each.vm)).toEqual(['plain']);
    expect(hosts.on('a')).toEqual(['stay', 'ask', 'deaf']);

    const by = 'somebody';
    await decideVm(bed.database, drain, 'ask', { decision: 'move', by });
    await decideVm(bed.database, drain, 'stay', { decision: 'shutdown', by });
    await decideVm(bed.database, drain, 'deaf', { decision: 'leave', by });
    const { states: decided } = await bed.until(
      drain,
      (told) => told.states['ask'] === 'moved' && told.states['stay'] === 'off',
    );
    expect(decided).toMatchObject({ deaf: 'left' });
    expect(hosts.on('a')).toEqual(['deaf']);
    await expect(decideVm(bed.database, drain, 'ask', { decision: 'move', by })).rejects.toThrow(
      'ask is moved already: there is nothing to decide',
    );
    await expect(decideVm(bed.database, drain, 'nobody', { decision: 'move', by })).rejects.toThrow(
      'the drain has no VM of the name or UUID nobody',
    );
    await bed.expectTrue();
  });

  test('is heard again right before the act, and a move that fails is no shutdown', async () => {
    const hosts = new SimulatedHosts({
      a: [{ uuid: 'moves' }, vm('stops', { maintenance: 'shutdown' }), { uuid: 'fails', lastsMs: 5000 }],
    });
    await using bed = await DrainBed.make(server, 'again', hosts);
    const drain = await bed.drain('a');
    await pauseDrain(bed.database, drain);
    await bed.runner();
    hosts.says('moves', { maintenance: 'leave' });
    hosts.says('stops', {});
    await resumeDrain(bed.database, drain);
    await bed.until(drain, () => hosts.running().length === 1);
    for (const each of hosts.running())
      hosts.end(each, false, { class: 'permanent', code: 'aborted', words: 'it was given up' });
    const { states, view } = await bed.untilPhase(drain, 'blocked');
    expect(states).toEqual({ moves: 'held', stops: 'held', fails: 'held' });
    expect(view.vms.get('stops')?.state).toMatchObject({ reason: { code: 'other-word' } });
    expect(hosts.shutDowns).toEqual([]);
    expect(hosts.migrations.map((each) => each.vm)).toEqual(['fails']);
    await bed.expectTrue();
  });

  test('is heard of one that appears, and of one that is started again there', async () => {
    const hosts = new SimulatedHosts({ a: [vm('off', { maintenance: 'shutdown' })] });
    await using bed = await DrainBed.make(server, 'appears', hosts);
    await bed.runner();
    const drain = await bed.drain('a');
    await bed.until(drain, ({ states }) => states['off'] === 'off');
    hosts.appear('a', vm('stay', { maintenance: 'leave' }));
    await bed.until(drain, ({ states }) => states['stay'] === 'left');
    hosts.vanish('stay');
    await bed.until(drain, ({ states }) => states['stay'] === 'gone');
    hosts.appear('a', vm('off', { maintenance: 'shutdown' }));
    await bed.until(drain, () => hosts.shutDowns.length === 2);
    await bed.until(drain, ({ states }) => states['off'] === 'off');
    expect(hosts.migrations).toEqual([]);
  });

  test('says who is kept apart, and who leaves first', async () => {
    const hosts = new SimulatedHosts({
      a: [vm('db1', { apart: 'db' }), vm('db2', { apart: 'db' }), vm('first', { priority: '5' })],
      b: [vm('db3', { apart: 'db' })],
    });
    await using bed = await DrainBed.make(server, 'apart_word', hosts);
    await bed.runner();
    const drain = await bed.drain('a', { atATime: 1 });
    const { view } = await bed.untilPhase(drain, 'blocked');
    expect(hosts.migrations[0]?.vm).toBe('first');
    expect(hosts.on('b')).not.toContain('db1');
    expect(hosts.hostOf('db1')).toBe('c');
    expect(view.vms.get('db2')?.state).toMatchObject({ waitsFor: 'room', reason: { code: 'kept-apart' } });
    hosts.vanish('db3');
    await bed.until(drain, ({ states }) => states['db2'] === 'moved');
    expect(hosts.hostOf('db2')).toBe('b');
  });
});
