/** What left comes back, on simulated hosts and a real PostgreSQL. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseDrain } from './drains.ts';
import { beginReturn, returnWished } from './return-drain.ts';
import { DrainBed } from './testing/drain-bed.ts';
import { FleetServer } from './testing/fleet-database.ts';
import { SimulatedHosts } from './testing/simulated-hosts.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

const RETURNS = { maintenance: 'shutdown-and-return' };
const NO_CPU = { class: 'refused', code: 'different-cpu', words: 'its CPU is another' } as const;

describe.concurrent('what left a host', () => {
  test('comes back by the same rules, but for what somebody has moved since; what was shut down is started', async () => {
    const hosts = new SimulatedHosts({
      a: [
        { uuid: 'vm1' },
        { uuid: 'vm2' },
        { uuid: 'vm3' },
        { uuid: 'picky', refusedBy: { a: NO_CPU } },
        { uuid: 'off', metadata: RETURNS },
        { uuid: 'gone', metadata: { maintenance: 'shutdown' } },
      ],
    });
    await using bed = await DrainBed.make(server, 'back', hosts);
    await bed.runner();
    const drain = await bed.drain('a', { to: [{ uri: 'b' }] });
    await bed.until(drain, () => hosts.on('a').length === 0);
    // Programs that the drain needed are not needed to come back, unless that is said.
    await bed.database.query(
      `update fleet.drain set settings = settings || '{"hooks": ["before-host", "before-vm"]}'`,
    );
    await bed.until(drain, ({ states }) =>
      Object.values(states).every((is) => is === 'moved' || is === 'off'),
    );
    // Somebody moves one on.
    hosts.migrate('vm3', 'b', 'd', 'somebody');
    await bed.until(drain, () => hosts.hostOf('vm3') === 'd');

    const { drain: row } = await bed.rows(drain);
    const back = await beginReturn(bed.database, row, { by: 'test' });
    expect(back?.isNew).toBe(true);
    expect((await bed.told(drain)).words).toBe('returned');
    const { states, words, status, view } = await bed.untilPhase(back?.id ?? '', 'blocked');
    expect(states).toEqual({
      ...{ vm1: 'moved', vm2: 'moved', vm3: 'gone', picky: 'held', off: 'moved' },
    });
    expect(words).toMatch(/^blocked: 1 VM still away, .*: picky \(.*its CPU is another\)$/);
    expect(status).toBe(4);
    expect(view.vms.get('off')?.state).toEqual({ is: 'moved', to: 'a', isStart: true });
    expect([...hosts.on('a')].sort()).toEqual(['off', 'vm1', 'vm2']);
    expect(hosts.startUps).toEqual(['off']);
    // Asked for again it is the same one, and nothing is brought back twice.
    expect(await beginReturn(bed.database, row, { by: 'test' })).toEqual({ id: back?.id, isNew: false });
    await releaseDrain(bed.database, back?.id ?? '');
    await bed.untilPhase(back?.id ?? '', 'ended');
    const rest = await beginReturn(bed.database, row, { by: 'test' });
    expect((await bed.rows(rest?.id ?? '')).moves.map(({ name }) => name)).toEqual(['vm3', 'picky']);
    await bed.until(rest?.id ?? '', ({ states: is }) => is['vm3'] === 'gone' && is['picky'] === 'held');
    await bed.expectTrue();
  });

  test('is let come by a release: started where it was shut down, and moved only where that was asked for', async () => {
    const hosts = new SimulatedHosts({
      a: [
        { uuid: 'vm1', lastsMs: 4000 },
        { uuid: 'off', metadata: RETURNS },
      ],
      c: [{ uuid: 'vm2' }],
    });
    await using bed = await DrainBed.make(server, 'released', hosts);
    await bed.runner();
    const drain = await bed.drain('a', { to: [{ uri: 'b' }] });
    const other = await bed.drain('c', { to: [{ uri: 'b' }], returns: true });
    await bed.until(drain, ({ states }) => states['off'] === 'off');
    await bed.until(drain, () => hosts.running().some(({ vm }) => vm === 'vm1'));
    const { drain: row } = await bed.rows(drain);
    await expect(beginReturn(bed.database, row, { by: 'test' })).rejects.toThrow(/^1 VM is on the way still/);
    // One is on its way as it is released: whoever keeps it has the other started once that has arrived.
    expect(await releaseDrain(bed.database, drain)).toBe(false);
    await bed.until(drain, () => hosts.startUps.length === 1);
    expect(hosts.hostOf('vm1')).toBe('b');

    await bed.until(other, ({ states }) => states['vm2'] === 'moved');
    expect(await releaseDrain(bed.database, other)).toBe(true);
    const back = await returnWished(bed.database, (await bed.rows(other)).drain);
    const { words } = await bed.untilPhase(back?.id ?? '', 'ended');
    expect(words).toBe('returned');
    expect((await bed.told(other)).words).toBe('returned');
    expect(hosts.hostOf('vm2')).toBe('c');
    expect(await returnWished(bed.database, (await bed.rows(drain)).drain)).toBeUndefined();
    await bed.expectTrue();
  });
});
