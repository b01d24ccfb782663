/** What each status that QEMU knows means to whoever acts by it. */
import { describe, expect, test } from 'vitest';
import { Supervisor } from '../migration/supervisor.ts';
import { ScriptedMigration } from '../migration/testing/scripted-migration.ts';
import { MIGRATION_STATUSES, type MigrationStatus } from '../model/migration-status.ts';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { stock } from '../policy/stock.ts';
import { TooLateError } from './hypervisor.ts';
import { pairBed } from './qemu/testing/pair-bed.ts';

const OVER: readonly string[] = ['none', 'completed', 'failed', 'cancelled'];
const LET_GO: readonly string[] = [
  'postcopy-active',
  'postcopy-paused',
  'postcopy-recover-setup',
  'postcopy-recover',
];

describe.each(MIGRATION_STATUSES)('%s', (status: MigrationStatus) => {
  const letGo = LET_GO.includes(status);

  test('S1: the supervisor lets the destination run only where the source does not take the guest back', async () => {
    const migration = new ScriptedMigration({ destinationWaits: true });
    migration
      .emit({ kind: 'status', atMs: 10, status })
      .end({ result: 'failed', whereabouts: { source: 'running', destination: 'paused' } });
    await new Supervisor(migration, stock, DEFAULT_LIMITS, { write: () => {} }).run();
    expect(migration.calls).toEqual(letGo ? ['let run'] : []);
  });

  test('the driver cancels only what can be taken back', async () => {
    const { start, clock, pair } = pairBed();
    const migration = await start({ postCopy: true });
    await clock.pass(200);
    pair.source.emit('MIGRATION', { status });
    await clock.pass(10);
    const cancelling = clock.until(migration.cancel());
    if (letGo || OVER.includes(status)) await expect(cancelling).rejects.toThrow(TooLateError);
    else await expect(cancelling).resolves.toEqual({ did: expect.any(String) });
    await clock.until(migration.detach());
  });
});

describe('QEMU 10.2, whose source takes the guest back while the destination still loads', () => {
  const V10_2 = { major: 10, minor: 2, micro: 0, package: '' };
  const bed = () => {
    const made = pairBed([], {
      version: { source: V10_2, destination: V10_2 },
    });
    const begin = async () => {
      const migration = await made.start({ postCopy: true });
      const statuses: string[] = [];
      const supervisor = new Supervisor(
        migration,
        stock,
        { ...DEFAULT_LIMITS, overBudget: 'post-copy' },
        { write: (_, entry) => void (entry.type === 'status' && statuses.push(entry.status)) },
      );
      const done = made.clock.until(supervisor.run(), 600_000);
      await made.clock.pass(400);
      await made.clock.until(migration.startPostCopy());
      while (!statuses.includes('postcopy-device')) await made.clock.pass(1);
      return { migration, done, statuses };
    };
    return { ...made, begin };
  };

  test('one that comes through runs on the destination', async () => {
    const { begin, pair } = bed();
    const { done, statuses } = await begin();
    expect(await done).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    expect(statuses).toContain('postcopy-active');
    expect(pair.truth.overlaps).toEqual([]);
    expect(pair.truth.misdeeds).toEqual([]);
  });

  test('S1: a stream that breaks leaves the guest on the source, and the destination is not let run', async () => {
    const { begin, pair } = bed();
    const { done } = await begin();
    pair.carryOut({ do: 'link-reset' });
    expect(await done).toMatchObject({ outcome: 'failed', runsOn: 'source' });
    expect(pair.truth.runningSides).toEqual(['source']);
    expect(pair.truth.overlaps).toEqual([]);
  });

  test('it is cancelled where nothing moves, and the guest runs on the source', async () => {
    const { begin, pair, clock } = bed();
    const { migration, done } = await begin();
    pair.carryOut({ do: 'link-cut' });
    expect((await clock.until(migration.cancel())).did).toMatch(/yank/);
    expect(await done).toMatchObject({ runsOn: 'source' });
    expect(pair.truth.overlaps).toEqual([]);
  });

  test('also of a guest that somebody had stopped: QEMU takes no migrate_cancel in post-copy', async () => {
    const { begin, pair, clock } = bed();
    clock.after(300, () => pair.carryOut({ do: 'stopped-by-operator', to: 'source' }));
    const { migration } = await begin();
    pair.carryOut({ do: 'link-cut' });
    expect(await clock.until(migration.cancel())).toEqual({ did: 'yank on the source' });
  });
});
