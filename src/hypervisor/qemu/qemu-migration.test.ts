/** What the driver makes of what QEMU does, at moments that no real QEMU can be held at. */
import { describe, expect, test } from 'vitest';
import {
  type AttachOptions,
  type MigrationEvent,
  NotBegunError,
  RefusedError,
  type StartOptions,
  TooLateError,
} from '../hypervisor.ts';
import type { Fault } from '../simulated/protocol/faults.ts';
import { type PairInput, SimulatedPair } from '../simulated/protocol/simulated-pair.ts';
import { OPTIONS } from '../simulated/testing/drive.ts';
import { BUSY_GUEST, CALM_GUEST } from '../simulated/testing/small-guest.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { connectQmp } from './qmp/client.ts';

function bed(faults: readonly Fault[] = [], input: Partial<PairInput> = {}) {
  const clock = new VirtualClock();
  const pair = new SimulatedPair({ clock, scenario: BUSY_GUEST, faults, ...input });
  const start = async (options: Partial<StartOptions> = {}) =>
    await clock.until(pair.hypervisor().start(pair.vm, pair.target, { ...OPTIONS, ...options }));
  const attach = async (options: Partial<AttachOptions> = {}) =>
    await clock.until(
      pair.hypervisor().attach(pair.vm, {
        brake: false,
        lineRateBytesPerSecond: undefined,
        destination: pair.target.vm,
        ...options,
      }),
    );
  /** Reads to the end. */
  const follow = async (migration: Awaited<ReturnType<typeof start>>) => {
    const events: MigrationEvent[] = [];
    const reading = (async () => {
      for await (const event of migration.events) events.push(event);
    })();
    const end = await clock.until(migration.ended);
    await clock.until(reading);
    return { events, end };
  };
  const settings = () =>
    [pair.source, pair.destination].map((side) => [
      side.settings.shownParameters,
      side.settings.shownCapabilities,
    ]);
  return { clock, pair, start, attach, follow, settings };
}

function kinds(events: readonly MigrationEvent[]): string[] {
  return events.map((event) => event.kind);
}

describe('a start', () => {
  test.each([
    [
      'refuses a capability',
      { command: 'migrate-set-capabilities', side: 'destination' },
      /does not take the settings/,
    ],
    ['refuses to listen', { command: 'migrate-incoming', side: 'destination' }, /cannot listen on/],
    [
      'refuses a parameter',
      { command: 'migrate-set-parameters', side: 'source' },
      /does not take the settings/,
    ],
    ['refuses to wait', { command: 'stop', side: 'destination' }, /could not be told to wait/],
    ['refuses to migrate', { command: 'migrate', side: 'source' }, /refused to migrate/],
  ] as const)('that QEMU %s is refused, and leaves nothing behind', async (_, on, words) => {
    const { start, settings, pair } = bed([{ on, do: 'error' }]);
    const before = settings();
    const failure = await start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RefusedError);
    expect(String(failure)).toMatch(words);
    expect(settings()).toEqual(before);
    expect(pair.truth.runningSides).toEqual(['source']);
  });

  test.each([
    ['migrate-set-capabilities', 'destination'],
    ['migrate-incoming', 'destination'],
    ['migrate-set-parameters', 'source'],
    ['stop', 'destination'],
  ] as const)('whose %s is not answered is no refusal: it was not begun (audit 9)', async (command, side) => {
    const { start, settings } = bed([{ on: { command, side }, do: 'never' }]);
    const before = settings();
    await expect(start()).rejects.toThrow(NotBegunError);
    expect(settings()).toEqual(before);
  });

  test('that was not begun and could not be put back says what to type', async () => {
    const { start } = bed([
      { on: { command: 'migrate-set-parameters', side: 'source' }, nth: 1, do: 'never' },
      { on: { command: 'migrate-set-parameters', side: 'source' }, nth: 2, do: 'error' },
    ]);
    await expect(start()).rejects.toThrow(/was not begun: .*type \{"execute":"migrate-set-parameters"/);
  });

  test.each(['never', 'drop'] as const)(
    'whose migrate meets `%s` has begun, and is followed',
    async (way) => {
      const { start, follow, clock } = bed([{ on: { command: 'migrate', side: 'source' }, do: way }]);
      const migration = await start();
      await clock.pass(500);
      await clock.until(migration.cancel());
      expect((await follow(migration)).end).toMatchObject({
        result: 'cancelled',
        whereabouts: { source: 'running' },
      });
    },
  );

  test('that QEMU never heard of is told as a failure, with the guest where it was', async () => {
    const { start, follow } = bed([
      { on: { command: 'migrate', side: 'source' }, do: 'lost' },
      { on: { command: 'migrate', side: 'source' }, do: 'connection-lost', to: 'source', ms: 300 },
    ]);
    const { end } = await follow(await start());
    expect(end).toMatchObject({ result: 'failed', whereabouts: { source: 'running' } });
  });

  test('before which somebody waits for both ends tells of each that is not there', async () => {
    const { start, pair } = bed();
    pair.source.loseConnection(Number.POSITIVE_INFINITY);
    pair.destination.loseConnection(Number.POSITIVE_INFINITY);
    const failure = await start().catch((error: unknown) => error);
    expect(String(failure).split('\n')).toHaveLength(2);
  });
});

describe('a VM that stops answering before anything was touched', () => {
  const refusal = { name: 'RefusedError', code: 'unreachable' };

  test.each(['query-uuid', 'query-name', 'query-kvm'])(
    '%s: it is refused, and let go of',
    async (command) => {
      const { start, clock, pair } = bed([{ on: { command, side: 'source' }, nth: 'every', do: 'error' }]);
      await expect(clock.until(pair.hypervisor().inspect(pair.vm))).rejects.toMatchObject(refusal);
      const failure = await start().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      // Nobody holds it any more.
      await clock.until(connectQmp('/sim/source.sock', { clock, open: pair.open }));
    },
  );

  test('nor is it attached to', async () => {
    const { start, attach, clock, pair } = bed([
      { on: { command: 'query-uuid', side: 'source' }, nth: 3, do: 'drop' },
    ]);
    const first = await start();
    await clock.pass(200);
    await clock.until(first.detach());
    await expect(attach()).rejects.toMatchObject(refusal);
    expect(pair.truth.runningSides).toEqual(['source']);
  });
});

describe('a guest that is stopped, and not for the switchover', () => {
  test.each([
    ['stopped-by-operator', /somebody else/],
    ['io-error', /disk error/],
  ] as const)('%s: it is held, and the end says by whom', async (what, words) => {
    const { start, follow } = bed([{ on: { atMs: 700 }, do: what, to: 'source' }], { scenario: CALM_GUEST });
    const { events, end } = await follow(await start());
    expect(events.find(({ kind }) => kind === 'held')).toMatchObject({ by: expect.stringMatching(words) });
    expect(end).toMatchObject({ result: 'completed', heldBy: expect.stringMatching(words) });
    expect(end.whereabouts.destination).toBe('paused');
  });

  test('one that is resumed in time is held no more', async () => {
    const { start, follow, clock, pair } = bed([
      { on: { atMs: 300 }, do: 'stopped-by-operator', to: 'source' },
    ]);
    const migration = await start();
    clock.after(300, () => pair.source.startGuest('cont'));
    await clock.pass(800);
    await clock.until(migration.cancel());
    expect((await follow(migration)).end.heldBy).toBeUndefined();
  });

  test('our own suspension is nobody else’s stop', async () => {
    const { start, follow, clock } = bed();
    const migration = await start();
    await clock.pass(500);
    await clock.until(migration.suspend());
    await clock.pass(100);
    await clock.until(migration.cancel());
    const { events, end } = await follow(migration);
    expect(kinds(events)).not.toContain('held');
    expect(end).toMatchObject({
      heldBy: undefined,
      sourceEverStopped: true,
      whereabouts: { source: 'paused' },
    });
    await clock.until(migration.resume('source'));
    expect(await clock.until(migration.halt('source'))).toEqual({ did: 'stop on the source' });
  });

  test('a guest that shuts itself down runs nowhere', async () => {
    const { start, follow } = bed([{ on: { atMs: 700 }, do: 'shut-down', to: 'source' }]);
    const { events, end } = await follow(await start());
    expect(events.find(({ kind }) => kind === 'guest-ended')).toMatchObject({
      words: 'the guest shut itself down',
    });
    expect(end).toMatchObject({
      result: 'lost',
      guestEnded: 'the guest shut itself down',
      whereabouts: { source: 'gone' },
    });
  });

  test('a QEMU that is told to end says so', async () => {
    const { start, follow, clock, pair } = bed();
    const migration = await start();
    clock.after(500, () => pair.source.shutDown(false));
    expect((await follow(migration)).end.guestEnded).toBe('QEMU was told to end the guest');
  });
});

describe('cancelling', () => {
  test('what has ended is too late', async () => {
    const { start, follow, clock } = bed([], { scenario: CALM_GUEST });
    const migration = await start();
    await follow(migration);
    await expect(clock.until(migration.cancel())).rejects.toThrow(TooLateError);
  });

  test('without a hold on the destination the source is only cancelled while it cannot be switching over', async () => {
    const { start, clock, pair } = bed();
    const first = await start();
    await clock.pass(300);
    await clock.until(first.detach());
    const { attach } = {
      attach: () =>
        clock.until(
          pair
            .hypervisor()
            .attach(pair.vm, { brake: false, lineRateBytesPerSecond: undefined, destination: undefined }),
        ),
    };
    const migration = await attach();
    const { did } = await clock.until(migration.cancel());
    expect(did).toMatch(/^migrate-set-parameters downtime-limit=1, then migrate_cancel$/);
  });

  test('a guest that stops while it is looked at is not cancelled without that hold', async () => {
    const { start, clock, pair, attach } = bed([], { scenario: BUSY_GUEST });
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
    const { start, clock, pair } = bed([
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
    const { start, follow, clock, pair } = bed();
    const migration = await start({ brake: true });
    await clock.until(migration.throttle(80));
    const { did } = await clock.until(migration.restrain());
    expect(did).toMatch(/downtime-limit=1 .*max-cpu-throttle=1/);
    pair.carryOut({ do: 'link-reset' });
    expect((await follow(migration)).end.result).toBe('failed');
    await expect(
      bed()
        .start()
        .then((each) => each.throttle(50)),
    ).rejects.toThrow();
  });
});

test('a QEMU that ends after the migration is known to have ended', async () => {
  const { start, follow, clock, pair } = bed();
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
    const { start, clock, pair, follow } = bed([], {
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
    const { start, clock, pair } = bed([], { scenario: { ...CALM_GUEST, switchoverFixedCostMs: 120_000 } });
    const migration = await start();
    while (pair.truth.runningSides.length > 0) await clock.pass(20);
    await expect(clock.until(migration.letRun())).rejects.toThrow(/does not come to an end of loading/);
  });

  test('is not possible where nobody gave us its monitor', async () => {
    const { start, clock, attach } = bed();
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
  async function inPostCopy() {
    const { start, clock, ...rest } = bed();
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
    const { start, clock } = bed();
    const migration = await start();
    await expect(clock.until(migration.startPostCopy())).rejects.toThrow(/Enable postcopy/);
  });
});

describe('without events', () => {
  test('passes, the stop and the end are found by asking', async () => {
    const { clock, pair, attach, follow } = bed([], { scenario: CALM_GUEST });
    const open = { clock, open: pair.open };
    const destination = await clock.until(connectQmp('/sim/destination.sock', open));
    await clock.until(destination.execute('migrate-incoming', { uri: pair.target.migrateUri ?? '' }));
    await clock.until(destination.close());
    const source = await clock.until(connectQmp('/sim/source.sock', open));
    await clock.until(source.execute('migrate', { uri: pair.target.migrateUri ?? '' }));
    await clock.until(source.close());
    await clock.pass(300);
    const migration = await attach();
    const { events, end } = await follow(migration);
    expect(end).toMatchObject({ result: 'completed', whereabouts: { destination: 'running' } });
    expect(kinds(events)).toContain('stopped');
    expect(migration.begunByUs).toBe(false);
  });
});

test('a probe is told while the guest is copied, and is nothing where it fails', async () => {
  const told = bed();
  const migration = await told.start({ probeMs: 300 });
  await told.clock.pass(600);
  await told.clock.until(migration.cancel());
  expect(kinds((await told.follow(migration)).events)).toContain('probed');
  const refused = bed([{ on: { command: 'calc-dirty-rate', side: 'source' }, do: 'error' }]);
  const other = await refused.start({ probeMs: 300 });
  await refused.clock.pass(600);
  await refused.clock.until(other.cancel());
  expect(kinds((await refused.follow(other)).events)).not.toContain('probed');
});

test("a destination of somebody else's is not fenced when his migration ends: it may wait for his next try", async () => {
  const { start, attach, follow, clock, pair } = bed();
  const owner = await start({ destinationStartsItself: true });
  await clock.pass(200);
  // As with `exit-on-error=false`.
  pair.destination.die = () => {};
  await clock.until(owner.detach());
  const migration = await attach();
  await clock.pass(100);
  pair.source.outgoing?.cancel();
  const { end } = await follow(migration);
  expect(end.whereabouts).toEqual({ source: 'running', destination: 'incoming' });
  expect(pair.destination.autostart).toBe(true);
});

test('a stop for the switchover while somebody attaches is learned, and is of an unknown age', async () => {
  const { start, attach, clock, pair } = bed();
  const owner = await start();
  await clock.pass(200);
  await clock.until(owner.detach());
  pair.onCommand = ({ command, side }) => {
    if (command === 'query-migrate-parameters' && side === 'source') pair.source.stopGuest('finish-migrate');
  };
  const migration = await attach({
    inherited: { began: true, destinationWaits: true, former: [], downtimeLimitMs: 300 },
  });
  await clock.pass(200);
  const seen: MigrationEvent[] = [];
  const reading = (async () => {
    for await (const event of migration.events) seen.push(event);
  })();
  await clock.until(migration.detach());
  await clock.until(reading);
  expect(seen).toContainEqual(
    expect.objectContaining({ kind: 'stopped', unseenMs: Number.POSITIVE_INFINITY }),
  );
});
