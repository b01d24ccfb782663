/** When a driver takes the quota for a brake, and when it lets go. The quota itself is tried on real threads elsewhere. */
import { describe, expect, test } from 'vitest';
import { ScriptedQuota } from '../cpu-quota/testing/scripted-quota.ts';
import type { QuotaLever } from '../cpu-quota/vcpu-quota.ts';
import type { MigrationEvent, RunningMigration } from '../hypervisor.ts';
import { pairBed } from './testing/pair-bed.ts';

function bedWith(quota: QuotaLever | undefined) {
  return pairBed([], {}, { quotas: { leverOf: async () => quota, releaseLeft: async () => {} } });
}

/** @returns the first event that is one */
async function first(
  migration: RunningMigration,
  is: (event: MigrationEvent) => boolean,
): Promise<MigrationEvent | undefined> {
  for await (const event of migration.events) if (is(event)) return event;
  return undefined;
}

const isBraked = (event: MigrationEvent) => event.kind === 'tick' && event.throttlePercent === 99;

describe('a brake', () => {
  test('is the quota where there is one, and is told at the next look', async () => {
    const quota = new ScriptedQuota();
    const { start, clock, pair } = bedWith(quota);
    const migration = await start({ brake: 'any' });
    expect(await clock.until(migration.throttle(99))).toEqual({ did: 'a quota of 99' });
    expect(await clock.until(first(migration, isBraked))).toBeDefined();
    // QEMU's own was not pulled.
    expect(pair.source.settings.shownParameters['cpu-throttle-initial']).toBe(1);
    await clock.until(migration.detach());
  });

  test('is made ready at the start where it may be asked for, and no longer than the migration lasts', async () => {
    const quota = new ScriptedQuota();
    const { start, clock } = bedWith(quota);
    const unbraked = await start({ brake: 'none' });
    expect(quota.prepared).toBe(false);
    await clock.until(unbraked.detach());
    const other = new ScriptedQuota();
    const braked = bedWith(other);
    const migration = await braked.start({ brake: 'at-once' });
    expect(other.prepared).toBe(true);
    await braked.clock.until(migration.detach());
    expect(other.prepared).toBe(false);
  });

  test('is QEMU’s throttle where the quota is refused, or there is none', async () => {
    const refused = new ScriptedQuota();
    refused.refuses = true;
    for (const quota of [refused, undefined]) {
      const { start, clock, pair } = bedWith(quota);
      const migration = await start({ brake: 'any' });
      await clock.until(migration.throttle(99));
      expect(pair.source.settings.shownParameters['cpu-throttle-initial']).toBe(99);
      await clock.until(migration.detach());
    }
  });

  test('is both once the quota alone did not do', async () => {
    const quota = new ScriptedQuota();
    const { start, clock, pair } = bedWith(quota);
    const migration = await start({ brake: 'any' });
    await clock.until(migration.throttle(99));
    await clock.until(migration.throttle(99));
    expect(pair.source.settings.shownParameters['cpu-throttle-initial']).toBe(99);
    expect(quota.percent).toBe(99);
    await clock.until(migration.detach());
  });

  test('that is to bite at once is the quota only: nothing is made ready, and without one nothing can be braked', async () => {
    const { start, clock, pair } = bedWith(new ScriptedQuota());
    const migration = await start({ brake: 'at-once' });
    expect(migration.brakesAtOnce).toBe(true);
    expect(pair.source.settings.isOn('auto-converge')).toBe(false);
    expect(await clock.until(migration.throttle(99))).toEqual({ did: 'a quota of 99' });
    await clock.until(migration.detach());
    const without = bedWith(undefined);
    const other = await without.start({ brake: 'at-once' });
    expect(other.brakesAtOnce).toBe(false);
    await expect(other.throttle(99)).rejects.toThrow(/cannot be braked/);
    await without.clock.until(other.detach());
  });

  test('can be of a migration that somebody else began without auto-converge', async () => {
    const quota = new ScriptedQuota();
    const { start, attach, clock } = bedWith(quota);
    await clock.until((await start()).detach());
    const migration = await attach({ brake: 'any' });
    expect(await clock.until(migration.throttle(99))).toEqual({ did: 'a quota of 99' });
    await clock.until(migration.detach());
    const without = bedWith(undefined);
    await without.clock.until((await without.start()).detach());
    await expect(without.attach({ brake: 'any' })).rejects.toMatchObject({ code: 'lacks-feature' });
  });
});

describe('a quota is let go', () => {
  const braked = async () => {
    const quota = new ScriptedQuota();
    const bed = bedWith(quota);
    const migration = await bed.start({ brake: 'any' });
    await bed.clock.pass(100);
    await bed.clock.until(migration.throttle(99));
    return { ...bed, quota, migration };
  };

  test('by a cancel, before QEMU is told of it', async () => {
    const { quota, migration, clock } = await braked();
    const cancelling = migration.cancel();
    expect(quota).toMatchObject({ percent: 0, releases: 1 });
    await clock.until(cancelling);
  });

  test('by being taken back, and nothing else changes', async () => {
    const { quota, migration, clock } = await braked();
    await clock.until(migration.throttle(0));
    expect(quota).toMatchObject({ percent: 0, releases: 1 });
    await clock.until(migration.detach());
  });

  test('by letting go of the migration', async () => {
    const { quota, migration, clock } = await braked();
    await clock.until(migration.detach());
    expect(quota).toMatchObject({ percent: 0, releases: 1 });
  });

  test('as soon as the guest stops for the switchover', async () => {
    const { quota, migration, clock } = await braked();
    const limit = { pauseMs: 20_000, fixedCostMs: 0, lineRateBytesPerSecond: undefined };
    await clock.until(migration.setDowntimeLimit(limit));
    await clock.until(first(migration, ({ kind }) => kind === 'stopped'));
    expect(quota).toMatchObject({ percent: 0, releases: 1 });
  });

  test('when the source is lost for good', async () => {
    const { quota, migration, clock, pair } = await braked();
    pair.source.loseConnection(Number.POSITIVE_INFINITY);
    expect(await clock.until(migration.ended)).toMatchObject({ result: 'lost' });
    expect(quota).toMatchObject({ percent: 0, releases: 1 });
  });
});
