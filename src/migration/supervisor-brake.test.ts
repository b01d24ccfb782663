import { describe, expect, test } from 'vitest';
import type { MigrationEvent } from '../hypervisor/hypervisor.ts';
import { mp } from '../policy/mp.ts';
import type { Limits } from '../policy/policy.ts';
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
