import { describe, expect, test } from 'vitest';
import type { MigrationEvent } from '../hypervisor/hypervisor.ts';
import { mp } from '../policy/mp.ts';
import type { Limits, PolicyKind, SparedPause } from '../policy/policy.ts';
import { stock } from '../policy/stock.ts';
import { ScriptedMigration } from './testing/scripted-migration.ts';
import { ARRIVED, always, boundary, MB, STAYED, supervise, tick, turn } from './testing/supervise.ts';

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
    expect(migration.calls).toEqual(['throttle 99', 'limit 1', 'limit 350']);
  });

  test('allows a pause with the fixed cost that it was asked for with', async () => {
    const migration = new ScriptedMigration();
    const kind = always({ action: 'throttle', throttlePercent: 99, fixedCostMs: 210, reason: '' });
    const { done, journal } = supervise(migration, { limits: braking, kind });
    migration
      .emit(...asked, { ...boundary(4, 8000, 133), throttlePercent: 99 } as MigrationEvent)
      .end(ARRIVED);
    await done;
    const limits = journal.flatMap((entry) => (entry.type === 'decision' ? [entry.decision] : []));
    expect(limits.at(-1)).toMatchObject({ action: 'set-downtime-limit', fixedCostMs: 210 });
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

describe('a brake that spares the guest a pause that is allowed', () => {
  const paying: Partial<Limits> = { brake: 'when-it-pays', brakeForMs: 3000 };
  const SPARED: SparedPause = { pauseMs: 2300, exchangeRate: 5, brownOutPrice: 2 };
  const once = (insteadOf: SparedPause | 'none' = SPARED): PolicyKind => {
    let asked = false;
    return {
      ...{ name: 'once', summary: '' },
      begin: (limits) => ({
        initialDowntimeLimitMs: 300,
        observe: (observation) => {
          const ended = observation.kind === 'boundary' && observation.ended !== undefined;
          if (!ended || asked || limits.brake !== 'when-it-pays') return { action: 'continue', reason: '' };
          asked = true;
          return {
            action: 'throttle',
            throttlePercent: 99,
            ...(insteadOf === 'none' ? {} : { insteadOf }),
            reason: '',
          };
        },
      }),
    };
  };
  const braked = (atMs: number, leftMB: number): MigrationEvent =>
    ({ ...tick(atMs, 350, 99), remainingBytes: leftMB * MB }) as MigrationEvent;
  const brakedTooLong = () =>
    new ScriptedMigration().emit(
      boundary(1, 0, 537),
      boundary(2, 3600, 133),
      ...[braked(3650, 130), braked(6650, 60), braked(6700, 58)],
    );

  test('aims at --downtime, within the pause that the user allows', async () => {
    const migration = new ScriptedMigration();
    migration
      .emit(boundary(1, 0, 537), boundary(2, 3600, 133), braked(3650, 130), braked(5900, 4))
      .emit({ kind: 'stopped', atMs: 6000 }, { kind: 'resumed', atMs: 6200, side: 'destination' })
      .end({ ...ARRIVED, atMs: 6250 });
    const { done } = supervise(migration, { kind: once(), limits: paying });
    expect(await done).toMatchObject({ outcome: 'completed', pauseMs: 200, brownOut: { percent: 99 } });
    expect(migration.calls).toEqual(['throttle 99', 'limit 1', 'limit 300']);
  });

  test('is taken back after --brake-for, and the migration goes on without one', async () => {
    const migration = brakedTooLong().end(ARRIVED);
    const { done, journal } = supervise(migration, { kind: once(), limits: paying });
    expect(await done).toMatchObject({ outcome: 'completed' });
    expect(migration.calls).toEqual(['throttle 99', 'limit 1', 'throttle 0', 'limit 300']);
    expect(journal.filter(({ type }) => type === 'warning')).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/^braked to 99 % for --brake-for 3 s, and no short pause came of it/),
      }),
    ]);
  });

  test('in place of leaving a guest running is taken back too, and nothing is cancelled', async () => {
    const migration = brakedTooLong().emit(tick(6750, 360), tick(30_000, 1800)).end(ARRIVED);
    const limits: Partial<Limits> = { ...paying, maxDowntimeMs: 1000, overBudget: 'leave' };
    const { done } = supervise(migration, { kind: once('none'), limits });
    expect(await done).toMatchObject({ outcome: 'completed' });
    expect(migration.calls).toEqual(['throttle 99', 'limit 1', 'throttle 0', 'limit 300']);
  });

  test('that cannot be set is told, and the migration goes on without one', async () => {
    const migration = new ScriptedMigration();
    migration.failures.throttle = new Error('no control group');
    migration.emit(boundary(1, 0, 537), boundary(2, 3600, 133));
    const { done, journal } = supervise(migration, { kind: once(), limits: paying });
    await turn();
    migration.emit(boundary(3, 5800, 133), boundary(4, 8000, 133)).end(ARRIVED);
    expect(await done).toMatchObject({ outcome: 'completed', brownOut: null });
    expect(migration.calls.filter((call) => call.startsWith('throttle 99'))).toHaveLength(1);
    expect(journal.filter(({ type }) => type === 'warning')).toHaveLength(2);
  });

  test('is not asked for where none bites at once, as on another machine', async () => {
    const migration = new ScriptedMigration({ brakesAtOnce: false });
    migration.emit(boundary(1, 0, 537), boundary(2, 3600, 133)).end(ARRIVED);
    const { done, journal } = supervise(migration, { kind: once(), limits: paying });
    expect(await done).toMatchObject({ outcome: 'completed', brownOut: null });
    expect(migration.calls).toEqual([]);
    expect(journal.filter(({ type }) => type === 'warning')).toMatchObject([
      { message: expect.stringMatching(/^the guest is not braked/) },
    ]);
  });
});
