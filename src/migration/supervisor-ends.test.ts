/** Cancelling, letting go, letting the destination run, and which side has the guest in the end. */
import { describe, expect, test } from 'vitest';
import { TooLateError } from '../hypervisor/hypervisor.ts';
import { stock } from '../policy/stock.ts';
import { ScriptedMigration } from './testing/scripted-migration.ts';
import { ARRIVED, boundary, STAYED, supervise, tick, turn } from './testing/supervise.ts';

describe('cancelling', () => {
  test('too late: the guest arrived, and that is what is told', async () => {
    const migration = new ScriptedMigration();
    migration.failures.cancel = new TooLateError('the destination has the whole guest already');
    const { supervisor, done, journal } = supervise(migration);
    migration.emit(boundary(1, 0, 537), { kind: 'stopped', atMs: 100 });
    await turn();
    void supervisor.cancel('cancelled by Ctrl-C');
    migration.emit({ kind: 'resumed', atMs: 160, side: 'destination' }).end(ARRIVED);
    expect(await done).toMatchObject({ outcome: 'completed', runsOn: 'destination', pauseMs: 60 });
    expect(journal).toContainEqual(
      expect.objectContaining({ type: 'warning', message: expect.stringContaining('too late') }),
    );
  });

  test('a guest that runs on the destination is not given up, however long the hypervisor clears up', async () => {
    const migration = new ScriptedMigration();
    const { supervisor, done, journal } = supervise(migration, {
      kind: stock,
      limits: { maxDowntimeMs: 1000 },
    });
    migration.emit(
      boundary(1, 0, 537),
      { kind: 'stopped', atMs: 100 },
      { kind: 'resumed', atMs: 960, side: 'destination' },
      { kind: 'silence', atMs: 1200 },
      tick(1400, 50),
    );
    await turn();
    void supervisor.cancel('cancelled by Ctrl-C');
    migration.end(ARRIVED);
    expect(await done).toMatchObject({ outcome: 'completed', runsOn: 'destination', pauseMs: 860 });
    expect(migration.calls).toEqual([]);
    expect(journal.flatMap((each) => (each.type === 'warning' ? [each.message] : []))).toEqual([
      'too late to cancel: the guest runs on the destination already',
    ]);
  });

  test('in post-copy it is refused: the guest lives on both sides', async () => {
    const migration = new ScriptedMigration();
    const { supervisor, done } = supervise(migration);
    migration.emit(boundary(1, 0, 537), { kind: 'status', atMs: 10, status: 'postcopy-active' });
    await turn();
    void supervisor.cancel('cancelled by Ctrl-C');
    expect(migration.calls).toEqual([]);
    migration.end(ARRIVED);
    expect((await done).outcome).toBe('completed');
  });

  test('twice is once', async () => {
    const migration = new ScriptedMigration();
    const { supervisor, done } = supervise(migration);
    void supervisor.cancel('a');
    void supervisor.cancel('b');
    migration.end(STAYED);
    expect(await done).toMatchObject({ outcome: 'cancelled', reason: expect.stringMatching(/^a;/) });
    expect(migration.calls).toEqual(['cancel']);
  });

  test('detaching leaves the migration alone', async () => {
    const migration = new ScriptedMigration();
    const { supervisor, done } = supervise(migration);
    migration.emit(boundary(1, 0, 537));
    await turn();
    await supervisor.detach();
    expect(await done).toMatchObject({ outcome: 'detached', runsOn: 'source' });
    expect(migration.calls).toEqual(['detach']);
    // Nobody cancels it any more: neither is it cancelled nor is it too late.
    expect(await supervisor.cancel('cancelled by the user')).toBe('failed');
    expect(migration.calls).toEqual(['detach']);
  });
});

// A policy that tries again at each look filled the log with the same words.
// Audit 23: the journal did not say whose word it was.

test('what was still queued when we let go changes nothing', async () => {
  const migration = new ScriptedMigration();
  const { supervisor, done } = supervise(migration);
  migration.emit(boundary(1, 0, 537), { kind: 'status', atMs: 5, status: 'postcopy-active' });
  await supervisor.detach();
  expect(await done).toMatchObject({ outcome: 'detached' });
});

// Review B21: the supervision threw.
test('the driver was let go of by another hand', async () => {
  const migration = new ScriptedMigration();
  const { done } = supervise(migration.emit(boundary(1, 5000, 130)));
  await turn();
  await migration.detach();
  expect(await done).toMatchObject({ outcome: 'detached' });
});

test('letting go while the driver is already finding out how it ended', async () => {
  const migration = new ScriptedMigration();
  const { supervisor, done } = supervise(migration);
  migration.end(ARRIVED);
  await supervisor.detach();
  expect((await done).outcome).toBe('detached');
});

test('letting go during a cancel that then turns out too late is done at once', async () => {
  const migration = new ScriptedMigration({ destinationWaits: true });
  const { promise: held, reject } = Promise.withResolvers<never>();
  migration.cancel = async () => await held;
  migration.emit(boundary(1, 0, 537));
  const { supervisor, done } = supervise(migration, { kind: stock });
  await turn();
  void supervisor.cancel('a');
  void supervisor.detach('detached on SIGTERM');
  await turn();
  expect(migration.calls).toEqual([]);
  reject(new TooLateError('it has the whole guest'));
  expect(await done).toMatchObject({ outcome: 'detached' });
  expect(migration.calls).toContain('detach');
});

describe('a destination that waits for our word', () => {
  test('gets it once the source has handed over, and the intention is journaled before', async () => {
    const migration = new ScriptedMigration({ destinationWaits: true });
    migration
      .emit(boundary(1, 0, 537), { kind: 'stopped', atMs: 100 }, { kind: 'handed-over', atMs: 300 })
      .emit({ kind: 'resumed', atMs: 310, side: 'destination' })
      .end(ARRIVED);
    const { done, journal } = supervise(migration, { kind: stock });
    expect(await done).toMatchObject({ outcome: 'completed', pauseMs: 210 });
    expect(migration.calls).toEqual(['let run']);
    const intent = journal.findIndex((each) => each.type === 'intent' && each.intent === 'let-run');
    const effect = journal.findIndex((each) => each.type === 'effect' && each.did === 'let run');
    expect(intent).toBeGreaterThan(-1);
    expect(effect).toBeGreaterThan(intent);
  });

  test('gets it in post-copy, once', async () => {
    const migration = new ScriptedMigration({ destinationWaits: true });
    migration
      .emit(boundary(1, 0, 537), { kind: 'status', atMs: 10, status: 'postcopy-active' })
      .emit({ kind: 'status', atMs: 20, status: 'postcopy-recover' })
      .end(ARRIVED);
    await supervise(migration, { kind: stock }).done;
    expect(migration.calls).toEqual(['let run']);
  });

  test('gets none for a guest that was paused', async () => {
    const migration = new ScriptedMigration({ destinationWaits: true, wasRunning: false });
    migration.emit(boundary(1, 0, 537), { kind: 'handed-over', atMs: 300 });
    migration.end({ result: 'completed', whereabouts: { source: 'handed-over', destination: 'paused' } });
    await supervise(migration, { kind: stock }).done;
    expect(migration.calls).toEqual([]);
  });
});

describe('settling', () => {
  test('a source that resumed after the destination had run is halted at once, and a person is asked', async () => {
    const migration = new ScriptedMigration();
    migration.end({
      result: 'failed',
      whereabouts: { source: 'running', destination: 'running' },
      destinationEverRan: true,
    });
    expect(await supervise(migration).done).toMatchObject({
      runsOn: 'unknown',
      reason: expect.stringContaining('both sides'),
    });
    expect(migration.calls).toEqual(['halt source']);
  });

  test('also where halting it fails', async () => {
    const migration = new ScriptedMigration();
    migration.failures.halt = new Error('no answer');
    migration.end({
      result: 'failed',
      whereabouts: { source: 'running', destination: 'running' },
      destinationEverRan: true,
    });
    expect((await supervise(migration).done).reason).toContain('stop the source');
  });

  test('a destination that holds the guest paused is told to run it, and the pause ends there', async () => {
    const migration = new ScriptedMigration();
    migration.emit({ kind: 'stopped', atMs: 8000 });
    migration.end({ result: 'completed', whereabouts: { source: 'handed-over', destination: 'paused' } });
    const { done } = supervise(migration);
    expect(await done).toMatchObject({ outcome: 'completed', runsOn: 'destination', pauseMs: 1100 });
    expect(migration.calls).toEqual(['resume destination']);
  });

  test('a source left paused by a failure is resumed', async () => {
    const migration = new ScriptedMigration();
    migration.end({
      result: 'failed',
      error: 'broken pipe',
      whereabouts: { source: 'paused', destination: 'gone' },
    });
    expect(await supervise(migration).done).toMatchObject({
      outcome: 'failed',
      runsOn: 'source',
      reason: expect.stringContaining('broken pipe'),
    });
    expect(migration.calls).toEqual(['resume source']);
  });

  test('when resuming fails a person is asked', async () => {
    const migration = new ScriptedMigration();
    migration.failures.resume = new Error('no answer');
    migration.end({ result: 'failed', whereabouts: { source: 'paused', destination: 'gone' } });
    expect(await supervise(migration).done).toMatchObject({
      runsOn: 'unknown',
      reason: expect.stringContaining('by hand'),
    });
  });

  test('a failed effect is a warning, not an end', async () => {
    const migration = new ScriptedMigration();
    migration.failures.setDowntimeLimit = new Error('no');
    migration.emit(boundary(1, 0, 537), boundary(2, 3600, 133), boundary(3, 5800, 133)).end(ARRIVED);
    const { done, journal } = supervise(migration);
    expect((await done).outcome).toBe('completed');
    expect(journal).toContainEqual(expect.objectContaining({ type: 'warning', message: 'no' }));
  });
});
