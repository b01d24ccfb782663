import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MigrationEvent, TooLateError } from '../hypervisor/hypervisor.ts';
import type { Happening } from '../journal/journal-entry.ts';
import { mp } from '../policy/mp.ts';
import { DEFAULT_LIMITS, type Decision, type Limits, type PolicyKind } from '../policy/policy.ts';
import { stock } from '../policy/stock.ts';
import { Supervisor } from './supervisor.ts';
import { ScriptedMigration } from './testing/scripted-migration.ts';

const MB = 1e6;
function boundary(pass: number, atMs: number, remainingMB: number, sentMB = atMs * 0.06): MigrationEvent {
  return {
    kind: 'boundary',
    pass,
    atMs,
    sentBytes: sentMB * MB,
    remainingBytes: remainingMB * MB,
    totalBytes: 537 * MB,
  };
}

function tick(atMs: number, sentMB: number, throttlePercent = 0): MigrationEvent {
  return {
    kind: 'tick',
    pass: 2,
    atMs,
    sentBytes: sentMB * MB,
    remainingBytes: 50 * MB,
    totalBytes: 537 * MB,
    throttlePercent,
  };
}

const ARRIVED = {
  result: 'completed',
  whereabouts: { source: 'handed-over', destination: 'running' },
  destinationEverRan: true,
} as const;
const STAYED = { result: 'cancelled', whereabouts: { source: 'running', destination: 'gone' } } as const;

function supervise(migration: ScriptedMigration, { kind = mp(), limits = {} as Partial<Limits> } = {}) {
  const journal: (Happening & { atMs: number })[] = [];
  const supervisor = new Supervisor(
    migration,
    kind,
    { ...DEFAULT_LIMITS, ...limits },
    { write: (atMs, happening) => journal.push({ atMs, ...happening }) },
  );
  return { supervisor, journal, done: supervisor.run() };
}

/** A policy that says the same thing at every boundary. */
function always(decision: Decision): PolicyKind {
  return {
    name: 'always',
    summary: '',
    begin: () => ({ initialDowntimeLimitMs: 300, observe: () => decision }),
  };
}

/** Lets the supervisor take everything that was emitted. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

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

test('a switchover that did not happen by the next boundary is decided anew', async () => {
  const migration = new ScriptedMigration();
  migration
    .emit(boundary(1, 0, 537), boundary(2, 3600, 133), boundary(3, 5800, 133), boundary(4, 8000, 134))
    .end(ARRIVED);
  await supervise(migration).done;
  expect(migration.calls).toHaveLength(2);
});

describe('the user’s limits hold whatever the policy wants', () => {
  test('no pause above --max-downtime is ever allowed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        fc.integer({ min: 100, max: 9000 }),
        async (wanted, maxDowntimeMs) => {
          const decisions: Decision[] = [
            {
              action: 'switchover',
              acceptedPauseMs: wanted,
              lineRateBytesPerSecond: undefined,
              fixedCostMs: 50,
              reason: '',
            },
            {
              action: 'set-downtime-limit',
              downtimeLimitMs: wanted,
              lineRateBytesPerSecond: undefined,
              fixedCostMs: 50,
              reason: '',
            },
            { action: 'set-downtime-limit', downtimeLimitMs: wanted, asIs: true, reason: '' },
          ];
          for (const decision of decisions) {
            const migration = new ScriptedMigration();
            migration.emit(boundary(1, 0, 537), boundary(2, 3600, 133)).end(ARRIVED);
            await supervise(migration, { kind: always(decision), limits: { maxDowntimeMs } }).done;
            const allowed = migration.calls.map((call) => Number(call.replace('limit ', '')));
            expect(allowed).toHaveLength(2);
            for (const limitMs of allowed) expect(limitMs).toBeLessThanOrEqual(maxDowntimeMs);
          }
        },
      ),
    );
  });

  test('post-copy is not entered without the user’s word', async () => {
    const migration = new ScriptedMigration();
    migration.emit(boundary(1, 0, 537)).end(ARRIVED);
    const { done, journal } = supervise(migration, { kind: always({ action: 'post-copy', reason: '' }) });
    await done;
    expect(migration.calls).toEqual([]);
    expect(journal).toContainEqual(expect.objectContaining({ type: 'warning' }));
  });

  test('--timeout ends it on the source', async () => {
    const migration = new ScriptedMigration();
    const { done } = supervise(migration, { kind: stock, limits: { timeoutMs: 4000 } });
    migration.emit(boundary(1, 0, 537), tick(3999, 200), tick(4001, 201));
    await turn();
    expect(migration.calls).toEqual(['cancel']);
    migration.end(STAYED);
    expect(await done).toMatchObject({
      outcome: 'aborted',
      runsOn: 'source',
      reason: expect.stringContaining('--timeout 4 s'),
    });
  });

  test('a link that moves nothing is a failure, told by time alone', async () => {
    const migration = new ScriptedMigration();
    const { done } = supervise(migration, { kind: stock, limits: { stallTimeoutMs: 3000 } });
    migration.emit(boundary(1, 0, 537), tick(1000, 50), tick(2000, 50), tick(3900, 50));
    await turn();
    expect(migration.calls).toEqual([]);
    migration.emit(tick(4000, 50));
    await turn();
    expect(migration.calls).toEqual(['cancel']);
    migration.end(STAYED);
    expect(await done).toMatchObject({ outcome: 'failed', runsOn: 'source' });
  });

  test('a hypervisor that does not answer, and a controller that does not look, are no stall (S7)', async () => {
    const migration = new ScriptedMigration();
    const { done } = supervise(migration, { kind: stock, limits: { stallTimeoutMs: 3000 } });
    migration.emit(boundary(1, 0, 537), tick(1000, 50), { kind: 'silence', atMs: 60_000 }, tick(60_100, 50));
    migration.emit({ kind: 'gap', atMs: 90_000, forMs: 29_000 }, tick(90_100, 50), tick(92_000, 50));
    await turn();
    migration.end(STAYED);
    await done;
    expect(migration.calls).toEqual([]);
  });

  test('a pause that reaches --max-downtime is broken off', async () => {
    const migration = new ScriptedMigration();
    const { done } = supervise(migration, { limits: { maxDowntimeMs: 1000 }, kind: stock });
    migration.emit(boundary(1, 0, 537), { kind: 'stopped', atMs: 5000 }, { kind: 'silence', atMs: 5950 });
    await turn();
    expect(migration.calls).toEqual([]);
    migration.emit({ kind: 'silence', atMs: 6000 }, { kind: 'resumed', atMs: 6040, side: 'source' });
    await turn();
    expect(migration.calls).toEqual(['cancel']);
    migration.end(STAYED);
    // The guest did stand still, and the outcome says how long.
    expect(await done).toMatchObject({ outcome: 'aborted', runsOn: 'source', pauseMs: 1040 });
  });
});

describe('a brake', () => {
  const braking: Partial<Limits> = { maxDowntimeMs: 500, overBudget: 'brake', brakeForMs: 3000 };
  const asked = [boundary(1, 0, 537), boundary(2, 3600, 133), boundary(3, 5800, 133)];

  test('is asked for once, then the limit follows the braked pass, and the outcome tells of the brown-out', async () => {
    const migration = new ScriptedMigration();
    migration
      .emit(...asked, tick(6000, 350), { ...boundary(4, 8000, 133), throttlePercent: 99 } as MigrationEvent)
      .emit(tick(8050, 470, 99), { ...tick(10_000, 560, 99), remainingBytes: 4 * MB } as MigrationEvent)
      .emit({ kind: 'stopped', atMs: 10_400 }, { kind: 'resumed', atMs: 10_700, side: 'destination' })
      .end({ ...ARRIVED, atMs: 10_750 });
    const { done } = supervise(migration, { limits: braking });
    expect(await done).toMatchObject({
      outcome: 'completed',
      pauseMs: 300,
      brownOut: { ms: 2400, percent: 99 },
      memoryIntensive: true,
    });
    expect(migration.calls).toEqual(['throttle 99', 'limit 1', 'limit 450']);
  });

  test('is not done without the user’s word', async () => {
    const migration = new ScriptedMigration();
    migration.emit(boundary(1, 0, 537), boundary(2, 3600, 133)).end(ARRIVED);
    const kind = always({ action: 'throttle', throttlePercent: 99, reason: '' });
    const { done, journal } = supervise(migration, { kind });
    expect(await done).toMatchObject({ brownOut: null });
    expect(migration.calls).toEqual([]);
    expect(journal.filter(({ type }) => type === 'warning')).toHaveLength(1);
  });

  test('lasts no longer than --brake-for, whoever throttled and whatever the policy says', async () => {
    for (const kind of [mp(), stock]) {
      const migration = new ScriptedMigration();
      const { done } = supervise(migration, { kind, limits: braking });
      migration.emit(...asked, tick(8000, 470, 99), tick(10_999, 600, 99));
      await turn();
      expect(migration.calls).not.toContain('cancel');
      migration.emit({ kind: 'silence', atMs: 11_000 });
      await turn();
      expect(migration.calls.at(-1)).toBe('cancel');
      migration.end({ ...STAYED, atMs: 11_010 });
      expect(await done).toMatchObject({
        outcome: 'aborted',
        runsOn: 'source',
        brownOut: { ms: 3010, percent: 99 },
        neededPauseMs: expect.closeTo(2250, -2),
        reason: expect.stringMatching(/^braked to 99 % for --brake-for 3 s, and the rest still did not fit/),
      });
    }
  });

  test('that is held ready, at 1 %, is none', async () => {
    const migration = new ScriptedMigration();
    migration.emit(boundary(1, 0, 537), tick(4000, 200, 1), tick(60_000, 3000, 1)).end(ARRIVED);
    expect(await supervise(migration, { kind: stock, limits: braking }).done).toMatchObject({
      outcome: 'completed',
      brownOut: null,
    });
  });

  test('of somebody else’s auto-converge is told, and not ended where no brake was asked for', async () => {
    const migration = new ScriptedMigration();
    migration
      .emit(boundary(1, 0, 537), tick(4000, 200, 20), tick(30_000, 300, 50), tick(31_000, 310))
      .end(ARRIVED);
    expect(await supervise(migration, { kind: stock }).done).toMatchObject({
      outcome: 'completed',
      brownOut: { ms: 27_000, percent: 50 },
    });
  });
});

describe('a migration of somebody else’s is left running (`--over-budget leave`)', () => {
  const leave = (limits: Partial<Limits> = {}): Partial<Limits> => ({ overBudget: 'leave', ...limits });
  const warningsIn = (journal: readonly Happening[]) =>
    journal.flatMap((entry) => (entry.type === 'warning' ? [entry.message] : []));
  const ABORT: Decision = { action: 'abort', neededPauseMs: 9000, reason: 'over' };

  test('when the policy gives it up, which is told once', async () => {
    const migration = new ScriptedMigration();
    migration.emit(boundary(1, 0, 537), boundary(2, 3600, 133), boundary(3, 5800, 133)).end(ARRIVED);
    const { done, journal } = supervise(migration, { kind: always(ABORT), limits: leave() });
    expect(await done).toMatchObject({ outcome: 'completed', neededPauseMs: null });
    expect(migration.calls).toEqual([]);
    expect(warningsIn(journal)).toEqual([expect.stringContaining('left running, as asked')]);
  });

  test('when nothing reaches the destination, which is told once', async () => {
    const migration = new ScriptedMigration();
    migration.emit(
      boundary(1, 0, 537, 1),
      tick(1500, 1),
      tick(2900, 1),
      tick(3000, 1),
      tick(4000, 1),
      tick(5000, 2),
      { kind: 'silence', atMs: 8000 },
    );
    migration.end(ARRIVED);
    const { done, journal } = supervise(migration, { kind: stock, limits: leave({ stallTimeoutMs: 3000 }) });
    expect((await done).outcome).toBe('completed');
    expect(migration.calls).toEqual([]);
    expect(warningsIn(journal)).toEqual([
      expect.stringMatching(/^nothing reached .* for 3 s: .*left running/),
    ]);
    expect(journal.find(({ type }) => type === 'warning')).toMatchObject({ atMs: 3000 });
  });

  test('when its pause is over --max-downtime, which is told once', async () => {
    const migration = new ScriptedMigration();
    migration.emit(
      boundary(1, 0, 537),
      { kind: 'stopped', atMs: 5000 },
      { kind: 'silence', atMs: 5900 },
      { kind: 'silence', atMs: 6000 },
      tick(7000, 500),
      { kind: 'resumed', atMs: 8000, side: 'destination' },
    );
    migration.end(ARRIVED);
    const { done, journal } = supervise(migration, { kind: stock, limits: leave({ maxDowntimeMs: 1000 }) });
    expect(await done).toMatchObject({
      outcome: 'completed',
      pauseMs: 3000,
      reason: expect.stringContaining('over --max-downtime 1 s'),
    });
    expect(migration.calls).toEqual([]);
    expect(warningsIn(journal)).toEqual([
      expect.stringMatching(/stopped for --max-downtime 1 s .*left as it is/),
    ]);
  });

  test('but not beyond a --timeout, which somebody asked for', async () => {
    const migration = new ScriptedMigration();
    const { done } = supervise(migration, { kind: stock, limits: leave({ timeoutMs: 4000 }) });
    migration.emit(boundary(1, 0, 537), tick(4001, 201));
    await turn();
    expect(migration.calls).toEqual(['cancel']);
    migration.end(STAYED);
    expect(await done).toMatchObject({
      outcome: 'aborted',
      reason: expect.stringContaining('--timeout 4 s'),
    });
  });

  test('nor on the user’s own word', async () => {
    const migration = new ScriptedMigration();
    const { supervisor, done } = supervise(migration, { limits: leave() });
    void supervisor.cancel('cancelled by Ctrl-C');
    migration.end(STAYED);
    expect((await done).outcome).toBe('cancelled');
  });

  test('no pause above --max-downtime is allowed to it either', async () => {
    const migration = new ScriptedMigration();
    migration.emit(boundary(1, 0, 537)).end(ARRIVED);
    const kind = always({
      action: 'switchover',
      acceptedPauseMs: 9000,
      lineRateBytesPerSecond: undefined,
      fixedCostMs: 50,
      reason: '',
    });
    await supervise(migration, { kind, limits: leave({ maxDowntimeMs: 1000 }) }).done;
    expect(migration.calls).toEqual(['limit 950']);
  });
});

describe('the stall clock', () => {
  test('does not run while the hypervisors prepare, and starts when they have', async () => {
    const migration = new ScriptedMigration();
    const { done } = supervise(migration, { kind: stock, limits: { stallTimeoutMs: 3000 } });
    const preparing = [0, 2000, 4000, 60_000].map((atMs) => ({ kind: 'preparing', atMs }) as const);
    migration.emit(...preparing, tick(61_000, 0), tick(62_500, 0), tick(63_999, 0));
    await turn();
    expect(migration.calls).toEqual([]);
    migration.emit(tick(64_000, 0));
    await turn();
    expect(migration.calls).toEqual(['cancel']);
    migration.end(STAYED);
    expect((await done).outcome).toBe('failed');
  });

  test('--timeout runs while they prepare', async () => {
    const migration = new ScriptedMigration();
    const { done } = supervise(migration, { kind: stock, limits: { timeoutMs: 4000 } });
    migration.emit({ kind: 'preparing', atMs: 4000 });
    await turn();
    expect(migration.calls).toEqual(['cancel']);
    migration.end(STAYED);
    await done;
  });

  // Times are counted from the migration's start, and its host may not answer at once.
  test('starts with the first that we see of a migration that is taken over', async () => {
    const migration = new ScriptedMigration();
    const { done } = supervise(migration, { kind: stock, limits: { stallTimeoutMs: 15_000 } });
    migration.emit({ kind: 'silence', atMs: 600_000 }, tick(600_500, 9000));
    await turn();
    migration.end(STAYED);
    await done;
    expect(migration.calls).toEqual([]);
  });
});

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
  });
});

// A policy that tries again at each look filled the log with the same words.
// Audit 23: the journal did not say whose word it was.
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

test('what was still queued when we let go changes nothing', async () => {
  const migration = new ScriptedMigration();
  const { supervisor, done } = supervise(migration);
  migration.emit(boundary(1, 0, 537), { kind: 'status', atMs: 5, status: 'postcopy-active' });
  await supervisor.detach();
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
