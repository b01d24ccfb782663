/** From the first event to what is told: what a decision becomes. */
import { describe, expect, test } from 'vitest';
import type { Decision, PolicyKind } from '../policy/policy.ts';
import { stock } from '../policy/stock.ts';
import { ScriptedMigration } from './testing/scripted-migration.ts';
import { ARRIVED, always, boundary, MB, STAYED, supervise, tick, turn } from './testing/supervise.ts';

test('MP to the end: the limit is set at pass 3 and the pause is from STOP to RESUME', async () => {
  const migration = new ScriptedMigration();
  migration.emit(
    boundary(1, 0, 537),
    boundary(2, 3600, 133),
    boundary(3, 5800, 133),
    { kind: 'stopped', atMs: 5900 },
    { kind: 'resumed', atMs: 8310, side: 'destination' },
  );
  migration.end(ARRIVED);
  const { done, journal } = supervise(migration);
  expect(await done).toMatchObject({
    outcome: 'completed',
    runsOn: 'destination',
    pauseMs: 2410,
    memoryIntensive: true,
  });
  expect(migration.calls).toEqual([expect.stringMatching(/^limit 28\d\d$/)]);
  expect(journal.flatMap((entry) => (entry.type === 'state' ? [entry.to] : []))).toEqual([
    'switching-over',
    'stopped',
    'arrived',
    'settling',
    'ended',
  ]);
  expect(journal.at(-1)?.type).toBe('ended');
});

test('a probe that was made beside the first pass is journaled and told to the policy', async () => {
  const migration = new ScriptedMigration();
  const probe = { durationMs: 300, dirtyRateBytesPerSecond: 400 * MB };
  migration.emit(boundary(1, 0, 537), { kind: 'probed', atMs: 400, probe }).end(ARRIVED);
  const told: unknown[] = [];
  const going = always({ action: 'continue', reason: 'goes on' });
  const kind: PolicyKind = {
    ...going,
    begin: (limits) => ({ ...going.begin(limits), takeProbe: (found) => told.push(found) }),
  };
  const { journal, done } = supervise(migration, { kind });
  await done;
  expect(told).toEqual([{ durationMs: 300, bytes: 120 * MB, unsentBytes: 12 * MB }]);
  expect(journal).toContainEqual({ type: 'probed', atMs: 400, probe: told[0] });
});

// Review B21: the supervision threw.
test('a policy may ask for the switchover again and again, between boundaries too', async () => {
  const migration = new ScriptedMigration();
  const kind = always({
    action: 'switchover',
    acceptedPauseMs: 400,
    lineRateBytesPerSecond: undefined,
    fixedCostMs: 50,
    reason: 'now',
  });
  const { done } = supervise(migration.emit(boundary(1, 5000, 130), tick(5100, 300), tick(5200, 305)), {
    kind,
  });
  migration.end(ARRIVED);
  expect(await done).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
  expect(new Set(migration.calls.filter((call) => call.startsWith('limit')))).toEqual(new Set(['limit 400']));
});

test('a switchover that did not happen by the next boundary is decided anew', async () => {
  const migration = new ScriptedMigration();
  migration
    .emit(boundary(1, 0, 537), boundary(2, 3600, 133), boundary(3, 5800, 133), boundary(4, 8000, 134))
    .end(ARRIVED);
  await supervise(migration).done;
  expect(migration.calls).toHaveLength(2);
});

test('the reason for letting go is in the outcome', async () => {
  const migration = new ScriptedMigration();
  const { supervisor, done, journal } = supervise(migration);
  await supervisor.detach('detached on SIGTERM');
  expect((await done).reason).toMatch(/^detached on SIGTERM: the migration goes on without switchover; /);
  expect(journal.at(-1)).toMatchObject({ type: 'ended', outcome: await done });
});

test('a command that fails the same way again and again is told once, and another failure by itself', async () => {
  const migration = new ScriptedMigration();
  migration.failures.setDowntimeLimit = new Error('the domain is busy');
  const failures: string[] = [];
  const again: Decision = {
    action: 'switchover',
    acceptedPauseMs: 300,
    lineRateBytesPerSecond: undefined,
    fixedCostMs: 50,
    reason: 'fits',
  };
  const kind: PolicyKind = {
    ...always(again),
    begin: (limits) => ({
      ...always(again).begin(limits),
      takeFailure: (_decision, words) => void failures.push(words),
    }),
  };
  const { done, journal } = supervise(migration, { kind });
  migration.emit(boundary(1, 0, 537), boundary(2, 3600, 133), boundary(3, 5800, 133));
  await turn();
  migration.failures.setDowntimeLimit = new Error('no answer');
  migration.emit(boundary(4, 7800, 133));
  await turn();
  migration.end(ARRIVED);
  await done;
  expect(failures).toEqual([...Array(3).fill('the domain is busy'), 'no answer']);
  expect(journal.flatMap((entry) => (entry.type === 'warning' ? [entry.message] : []))).toEqual([
    'the domain is busy',
    'no answer',
  ]);
});

describe('what is told', () => {
  test('a cancel is told what became of it', async () => {
    for (const [end, word] of [
      [STAYED, 'cancelled'],
      [ARRIVED, 'too-late'],
      [{ result: 'lost', whereabouts: { source: 'unreachable', destination: 'unreachable' } }, 'failed'],
    ] as const) {
      const migration = new ScriptedMigration();
      const { supervisor } = supervise(migration);
      const told = supervisor.cancel('a');
      migration.end(end);
      expect(await told).toBe(word);
    }
  });

  test('a cancel in post-copy is told at once that it is too late', async () => {
    const migration = new ScriptedMigration();
    const { supervisor, done } = supervise(migration);
    migration.emit(boundary(1, 0, 537), { kind: 'status', atMs: 10, status: 'postcopy-active' });
    await turn();
    expect(await supervisor.cancel('a')).toBe('too-late');
    migration.end(ARRIVED);
    await done;
  });

  test('settings that could not be put back, in the journal and as a warning', async () => {
    const migration = new ScriptedMigration();
    migration.restored = [
      { side: 'source', problem: undefined },
      { side: 'destination', problem: 'type this' },
    ];
    migration.end(ARRIVED);
    const { done, journal } = supervise(migration);
    await done;
    expect(journal.filter(({ type }) => type === 'restored')).toMatchObject([
      { side: 'source', problem: null },
      { side: 'destination', problem: 'type this' },
    ]);
  });

  test('a guest that ended where it was, while settings were put back, runs there no more', async () => {
    for (const [end, side] of [
      [STAYED, 'source'],
      [ARRIVED, 'destination'],
    ] as const) {
      const migration = new ScriptedMigration();
      const putBack = migration.putBack.bind(migration);
      migration.putBack = async () => {
        migration.gone.add(side);
        return await putBack();
      };
      const { supervisor, done } = supervise(migration);
      void supervisor.cancel('no more');
      migration.end(end);
      expect(await done).toMatchObject({
        runsOn: 'unknown',
        reason: expect.stringContaining(
          `the guest was on the ${side}, and its process there has ended since`,
        ),
      });
    }
  });

  test('the other side may end, as a source does that has handed its guest over', async () => {
    const migration = new ScriptedMigration();
    migration.gone.add('source');
    migration.end(ARRIVED);
    expect(await supervise(migration).done).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
  });

  test('a pause whose ends were not both seen is no figure', async () => {
    const migration = new ScriptedMigration();
    migration
      .emit(boundary(1, 0, 537), { kind: 'stopped', atMs: 100, unseenMs: 2000 })
      .emit({ kind: 'resumed', atMs: 310, side: 'destination' })
      .end(ARRIVED);
    expect(await supervise(migration, { kind: stock }).done).toMatchObject({
      pauseMs: null,
      reason: expect.stringContaining('was not measured'),
    });
  });

  test('a stop that is somebody else’s is no pause, and no limit of ours', async () => {
    const migration = new ScriptedMigration();
    migration
      .emit(boundary(1, 0, 537), { kind: 'stopped', atMs: 100 })
      .emit({ kind: 'held', atMs: 101, by: 'somebody else (`stop`)' }, tick(60_000, 400))
      .end({ ...ARRIVED, heldBy: 'somebody else (`stop`)' });
    const { done, journal } = supervise(migration, { kind: stock, limits: { maxDowntimeMs: 1000 } });
    expect(await done).toMatchObject({ pauseMs: null });
    expect(migration.calls).toEqual([]);
    expect(journal).toContainEqual(
      expect.objectContaining({
        type: 'warning',
        message: expect.stringContaining('stopped by somebody else'),
      }),
    );
  });
});
