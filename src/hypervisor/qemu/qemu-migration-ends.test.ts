/** The same when a migration is cancelled, ends, is let run at its destination or is in post-copy. */
import { describe, expect, test } from 'vitest';
import { TooLateError } from '../hypervisor.ts';
import type { Fault } from '../simulated/protocol/faults.ts';
import { BUSY_GUEST, CALM_GUEST } from '../simulated/testing/small-guest.ts';
import { pairBed } from './testing/pair-bed.ts';

describe('cancelling', () => {
  test('what has ended is too late', async () => {
    const { start, follow, clock } = pairBed([], { scenario: CALM_GUEST });
    const migration = await start();
    await follow(migration);
    await expect(clock.until(migration.cancel())).rejects.toThrow(TooLateError);
  });

  test('without a hold on the destination the source is only cancelled while it cannot be switching over', async () => {
    const { start, clock, pair } = pairBed();
    const first = await start();
    await clock.pass(300);
    await clock.until(first.detach());
    const { attach } = {
      attach: () =>
        clock.until(
          pair.hypervisor().attach(pair.vm, {
            meant: undefined,
            brake: 'none',
            lineRateBytesPerSecond: undefined,
            destination: undefined,
          }),
        ),
    };
    const migration = await attach();
    const { did } = await clock.until(migration.cancel());
    expect(did).toMatch(/^migrate-set-parameters downtime-limit=1, then migrate_cancel$/);
  });

  test('a guest that stops while it is looked at is not cancelled without that hold', async () => {
    const { start, clock, pair, attach } = pairBed([], { scenario: BUSY_GUEST });
    const first = await start({ destinationStartsItself: true });
    await clock.pass(300);
    await clock.until(first.detach());
    const migration = await attach({ destination: undefined });
    // The limit is taken, and the guest stops all the same, for the look came first.
    pair.onCommand = ({ command, args }) => {
      if (command === 'migrate-set-parameters' && args['downtime-limit'] === 1)
        clock.after(100, () => pair.source.stopGuest('finish-migrate'));
    };
    await expect(clock.until(migration.cancel())).rejects.toThrow(/stopped for the switchover/);
    expect(pair.heard.some(({ command }) => command === 'migrate_cancel' || command === 'yank')).toBe(false);
  });

  test('an unanswered yank gives the connection up', async () => {
    const { start, clock, pair } = pairBed([
      {
        on: { event: 'STOP', side: 'source' },
        do: 'connection-silent',
        to: 'source',
        ms: Number.POSITIVE_INFINITY,
      },
    ]);
    const migration = await start();
    await clock.until(
      migration.setDowntimeLimit({ pauseMs: 4000, fixedCostMs: 50, lineRateBytesPerSecond: 57e6 }),
    );
    while (pair.truth.runningSides.length > 0) await clock.pass(20);
    await expect(clock.until(migration.cancel())).rejects.toThrow(/did not answer yank/);
    await expect(clock.until(migration.suspend())).rejects.toThrow(/out of reach/);
  });

  test('with a brake, restraining releases the throttle too', async () => {
    const { start, follow, clock, pair } = pairBed();
    const migration = await start({ brake: 'any' });
    await clock.until(migration.throttle(80));
    const { did } = await clock.until(migration.restrain());
    expect(did).toMatch(/downtime-limit=1 .*max-cpu-throttle=1/);
    pair.carryOut({ do: 'link-reset' });
    expect((await follow(migration)).end.result).toBe('failed');
    await expect(
      pairBed()
        .start()
        .then((each) => each.throttle(50)),
    ).rejects.toThrow();
  });
});

test('a limit that is never answered is not waited for once the migration is over', async () => {
  const set = { command: 'migrate-set-parameters', side: 'source' } as const;
  const { start, follow, clock } = pairBed([{ on: set, nth: 2, do: 'never' }]);
  const migration = await start();
  const setting = migration
    .setDowntimeLimit({ pauseMs: 400, fixedCostMs: 0, lineRateBytesPerSecond: undefined })
    .catch((error: unknown) => error);
  await clock.until(migration.cancel());
  await follow(migration);
  expect(String(await clock.until(setting, 10_000))).toContain('has not answered');
});

test('a QEMU that ends after the migration is known to have ended', async () => {
  const { start, follow, clock, pair } = pairBed();
  const migration = await start();
  await clock.until(migration.cancel());
  expect((await follow(migration)).end.whereabouts.source).toBe('running');
  expect(migration.isGone('source')).toBe(false);
  pair.carryOut({ do: 'killed', to: 'source' });
  await clock.pass(5000);
  expect([migration.isGone('source'), migration.isGone('destination')]).toEqual([true, false]);
});

describe('letting the destination run', () => {
  test('waits for it to have loaded the guest, and does nothing where it runs', async () => {
    const { start, clock, pair, follow } = pairBed([], {
      scenario: { ...CALM_GUEST, switchoverFixedCostMs: 500 },
    });
    const migration = await start();
    while (pair.truth.runningSides.length > 0) await clock.pass(20);
    expect(await clock.until(migration.letRun())).toEqual({ did: 'cont on the destination' });
    expect(pair.truth.misdeeds).toEqual([]);
    expect(await clock.until(migration.letRun())).toEqual({ did: 'nothing: it runs already' });
    const { end } = await follow(migration);
    expect(end).toMatchObject({ result: 'completed', destinationEverRan: true });
  });

  test('one that never comes to an end of loading is told so', async () => {
    const { start, clock, pair } = pairBed([], {
      scenario: { ...CALM_GUEST, switchoverFixedCostMs: 120_000 },
    });
    const migration = await start();
    while (pair.truth.runningSides.length > 0) await clock.pass(20);
    await expect(clock.until(migration.letRun())).rejects.toThrow(/does not come to an end of loading/);
  });

  test('is not possible where nobody gave us its monitor', async () => {
    const { start, clock, attach } = pairBed();
    const first = await start();
    await clock.pass(200);
    await clock.until(first.detach());
    const migration = await attach({ destination: undefined });
    await expect(clock.until(migration.letRun())).rejects.toThrow(/is not open/);
    await expect(clock.until(migration.resume('destination'))).rejects.toThrow(/is not open/);
    await expect(clock.until(migration.halt('destination'))).rejects.toThrow(/is not open/);
  });
});

describe('post-copy', () => {
  async function inPostCopy(faults: readonly Fault[] = []) {
    const { start, clock, ...rest } = pairBed(faults);
    const migration = await start({ postCopy: true });
    await clock.pass(400);
    expect(await clock.until(migration.startPostCopy())).toEqual({ did: 'migrate-start-postcopy' });
    await clock.pass(200);
    return { ...rest, clock, migration };
  }

  test('the waiting destination is let run, and there is no way back', async () => {
    const { clock, pair, follow, migration } = await inPostCopy();
    await expect(clock.until(migration.cancel())).rejects.toThrow(/post-copy has begun/);
    await clock.until(migration.letRun());
    const { end } = await follow(migration);
    expect(end).toMatchObject({ result: 'completed', postCopyBegan: true });
    expect(pair.truth.runningSides).toEqual(['destination']);
    expect(pair.truth.overlaps).toEqual([]);
  });

  test('a destination that answers late is not let run beside a source that has taken the guest back', async () => {
    const { clock, pair, follow, migration } = await inPostCopy([
      { on: { stream: 'loaded' }, do: 'link-reset' },
      {
        on: { command: 'migrate-start-postcopy', side: 'source' },
        do: 'connection-silent',
        to: 'destination',
        ms: 4000,
      },
    ]);
    const refused = expect(clock.until(migration.letRun())).rejects.toThrow(/has taken the guest back/);
    const { end } = await follow(migration);
    await refused;
    expect(end).toMatchObject({
      result: 'failed',
      whereabouts: { source: 'running' },
      destinationWaits: true,
    });
    expect(pair.truth.runningSides).toEqual(['source']);
  });

  test('a destination that was told to run, and is not seen since, is not known to wait', async () => {
    const { clock, follow, migration } = await inPostCopy([
      { on: { stream: 'loaded' }, do: 'link-reset' },
      { on: { stream: 'loaded' }, do: 'connection-silent', to: 'destination', ms: Number.POSITIVE_INFINITY },
      { on: { command: 'cont', side: 'destination' }, do: 'delay', ms: 60_000 },
    ]);
    const unanswered = expect(clock.until(migration.letRun())).rejects.toThrow();
    const { end } = await follow(migration);
    await unanswered;
    expect(end).toMatchObject({ whereabouts: { source: 'running' }, destinationWaits: false });
  });

  test('is looked at four times a second, not twenty (review B19)', async () => {
    const { clock, pair, follow, migration } = await inPostCopy();
    await clock.until(migration.letRun());
    const asked = () => pair.heard.filter(({ command }) => command === 'query-migrate').length;
    const before = asked();
    await clock.pass(1000);
    expect(asked() - before).toBeLessThanOrEqual(6);
    await follow(migration);
  });

  test('is taken over as what it is: there is no way back (review B2)', async () => {
    const { attach, clock, follow, migration: first } = await inPostCopy();
    await clock.until(first.letRun());
    await clock.until(first.detach());
    const migration = await attach();
    await expect(clock.until(migration.cancel())).rejects.toThrow(TooLateError);
    expect((await follow(migration)).end).toMatchObject({
      result: 'completed',
      postCopyBegan: true,
      whereabouts: { destination: 'running' },
    });
  });

  test('without the capability QEMU refuses it', async () => {
    const { start, clock } = pairBed();
    const migration = await start();
    await expect(clock.until(migration.startPostCopy())).rejects.toThrow(/Enable postcopy/);
  });
});
