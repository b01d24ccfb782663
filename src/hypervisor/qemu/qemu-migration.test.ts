/** What the driver makes of what QEMU does at the start and on the way, at moments that no real QEMU can be held at. */
import { describe, expect, test } from 'vitest';
import { type MigrationEvent, NotBegunError, RefusedError } from '../hypervisor.ts';
import { beginAsSomebodyElse } from '../simulated/testing/at-monitors.ts';
import { OPTIONS } from '../simulated/testing/drive.ts';
import { CALM_GUEST } from '../simulated/testing/small-guest.ts';
import { connectQmp } from './qmp/client.ts';
import { kinds, pairBed } from './testing/pair-bed.ts';

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
    const { start, settings, pair } = pairBed([{ on, do: 'error' }]);
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
    const { start, settings } = pairBed([{ on: { command, side }, do: 'never' }]);
    const before = settings();
    await expect(start()).rejects.toThrow(NotBegunError);
    expect(settings()).toEqual(before);
  });

  test.each(['never', 'drop', 'error'] as const)(
    'whose look at an end meets `%s` is a refusal that names the end',
    async (way) => {
      for (const side of ['source', 'destination'] as const) {
        const on = { command: 'query-migrate-capabilities', side };
        const { start, pair, clock } = pairBed([{ on, do: way }]);
        const looked = clock.until(pair.hypervisor().check(pair.vm, pair.target, OPTIONS));
        const address = side === 'source' ? pair.vm : pair.target.vm;
        const refusal = { name: 'RefusedError', message: expect.stringContaining(address) };
        await expect(looked).rejects.toMatchObject(refusal);
        // The fault is over, and nothing was left behind by the look.
        await clock.until((await start()).cancel());
      }
    },
  );

  test.each(['never', 'error'] as const)(
    'is not begun where its guest cannot be looked at once more (%s): it may have been stopped since',
    async (way) => {
      const { start, settings, pair } = pairBed([
        { on: { command: 'query-status', side: 'source' }, nth: 2, do: way },
      ]);
      const before = settings();
      await expect(start()).rejects.toThrow(/^the migration was not begun: .*query-status/);
      expect(settings()).toEqual(before);
      expect(pair.source.outgoing).toBeUndefined();
    },
  );

  test('that was not begun has its settings back where the way there was lost for a moment', async () => {
    const set = { command: 'migrate-set-parameters', side: 'source' } as const;
    const { start, settings } = pairBed([{ on: set, do: 'drop' }]);
    const before = settings();
    await expect(start()).rejects.toThrow(/was not begun/);
    expect(settings()).toEqual(before);
  });

  test('that was not begun and could not be put back says what to type', async () => {
    const { start } = pairBed([
      { on: { command: 'migrate-set-parameters', side: 'source' }, nth: 1, do: 'never' },
      { on: { command: 'migrate-set-parameters', side: 'source' }, nth: 2, do: 'error' },
    ]);
    await expect(start()).rejects.toThrow(/was not begun: .*type \{"execute":"migrate-set-parameters"/);
  });

  test.each(['never', 'drop'] as const)(
    'whose migrate meets `%s` has begun, and is followed',
    async (way) => {
      const { start, follow, clock } = pairBed([{ on: { command: 'migrate', side: 'source' }, do: way }]);
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
    const { start, follow } = pairBed([
      { on: { command: 'migrate', side: 'source' }, do: 'lost' },
      { on: { command: 'migrate', side: 'source' }, do: 'connection-lost', to: 'source', ms: 300 },
    ]);
    const { end } = await follow(await start());
    expect(end).toMatchObject({ result: 'failed', whereabouts: { source: 'running' } });
  });

  test('before which somebody waits for both ends tells of each that is not there', async () => {
    const { start, pair } = pairBed();
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
      const { start, clock, pair } = pairBed([
        { on: { command, side: 'source' }, nth: 'every', do: 'error' },
      ]);
      await expect(clock.until(pair.hypervisor().inspect(pair.vm))).rejects.toMatchObject(refusal);
      const failure = await start().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      // Nobody holds it any more.
      await clock.until(connectQmp('/sim/source.sock', { clock, open: pair.open }));
    },
  );

  test('nor is it attached to', async () => {
    const { start, attach, clock, pair } = pairBed([
      { on: { command: 'query-uuid', side: 'source' }, nth: 3, do: 'drop' },
    ]);
    const first = await start();
    await clock.pass(200);
    await clock.until(first.detach());
    await expect(attach()).rejects.toMatchObject(refusal);
    expect(pair.truth.runningSides).toEqual(['source']);
  });
});

describe('an answer that no QEMU gives', () => {
  const LOOKED_AT = [
    'query-name',
    'query-uuid',
    'query-kvm',
    'query-memory-size-summary',
    'query-migrate',
    'query-migrate-parameters',
    'query-migrate-capabilities',
  ];

  test.each(LOOKED_AT)('to %s: whoever looks is refused, in words that name it', async (command) => {
    for (const side of ['source', 'destination'] as const) {
      const on = { command, side };
      const { pair, clock, start } = pairBed([{ on, nth: 'every', do: 'garbled', value: null }]);
      const looked = clock.until(pair.hypervisor().check(pair.vm, pair.target, OPTIONS));
      const words = expect.stringMatching(new RegExp(`answered ${command} with what QEMU never answers`));
      await expect(looked).rejects.toMatchObject({
        name: 'RefusedError',
        code: 'unreachable',
        message: words,
      });
      const failure = await start().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RefusedError);
      expect(pair.truth.runningSides).toEqual(['source']);
    }
  });

  // The first asks which VM it is, and the looks before a start are behind these.
  test.each([
    ['query-migrate-capabilities', 'source', 2],
    ['query-migrate-parameters', 'source', 2],
    ['query-status', 'destination', 2],
    ['query-status', 'destination', 3],
    ['query-migrate', 'destination', 3],
  ] as const)('to %s of the %s while it is set up: it was not begun', async (command, side, nth) => {
    const { start, settings, pair } = pairBed([{ on: { command, side }, nth, do: 'garbled', value: null }]);
    const before = settings();
    await expect(start()).rejects.toThrow(NotBegunError);
    expect(settings()).toEqual(before);
    expect(pair.truth.runningSides).toEqual(['source']);
  });

  const GARBLED = [
    null,
    { status: 'active', ram: 'much' },
    { status: 'completed', ram: { transferred: '9' } },
    { status: { toString: 1 } },
  ];

  test.each(GARBLED)('to a look, %j, is a look that failed, and no more', async (value) => {
    const on = { command: 'query-migrate', side: 'source' } as const;
    const faults = [6, 7, 8].map((nth) => ({ on, nth, do: 'garbled', value }) as const);
    const { start, follow, pair } = pairBed(faults, { scenario: CALM_GUEST });
    const { end, events } = await follow(await start());
    expect(kinds(events)).toContain('silence');
    expect(kinds(events)).not.toContain('monitor');
    for (const event of events)
      if (event.kind === 'tick' || event.kind === 'boundary')
        for (const figure of [event.sentBytes, event.remainingBytes, event.totalBytes])
          expect(figure).toBeGreaterThanOrEqual(0);
    expect(end).toMatchObject({ result: 'completed', whereabouts: { destination: 'paused' } });
    expect(pair.truth.misdeeds).toEqual([]);
  });

  test('to every look: it is still cancelled, and by none taken for dead', async () => {
    const on = { command: 'query-migrate', side: 'source' } as const;
    const { start, follow, pair, clock } = pairBed(
      Array.from({ length: 1000 }, (_, n) => ({ on, nth: 6 + n, do: 'garbled', value: null }) as const),
    );
    const migration = await start();
    await clock.pass(30_000);
    expect(migration.isGone('source')).toBe(false);
    await clock.until(migration.cancel());
    const { end, events } = await follow(migration);
    expect(end).toMatchObject({ result: 'cancelled', whereabouts: { source: 'running' } });
    expect(events).not.toContainEqual(expect.objectContaining({ kind: 'monitor', side: 'source' }));
    expect(pair.truth.runningSides).toEqual(['source']);
  });

  test('to how a destination is after it was told to wait is no proof that it waits', async () => {
    const { start, pair } = pairBed([
      {
        on: { command: 'query-status', side: 'destination' },
        nth: 3,
        do: 'garbled',
        value: { status: null },
      },
    ]);
    await expect(start()).rejects.toThrow(/was not begun: .*answered query-status/);
    expect(pair.heard.map(({ command }) => command)).not.toContain('migrate');
  });

  test.each([
    ['MIGRATION', { status: { toString: 1 } }],
    ['MIGRATION', ['completed']],
    ['MIGRATION_PASS', { pass: { toString: 1 } }],
    ['MIGRATION_PASS', { pass: 'all' }],
  ])('an event %s with %j is passed over, and what it would have told is asked for', async (event, value) => {
    const { start, follow } = pairBed(
      [{ on: { event, side: 'source' }, nth: 'every', do: 'garbled', value }],
      { scenario: CALM_GUEST },
    );
    const { end, events } = await follow(await start());
    expect(end).toMatchObject({ result: 'completed', whereabouts: { destination: 'paused' } });
    for (const each of events) if (each.kind === 'boundary') expect(each.pass).toBeGreaterThan(0);
  });

  test('a run state by the name of what every object has holds no guest', async () => {
    const on = { command: 'query-status', side: 'source' } as const;
    const faults = [2, 3, 4, 5].map(
      (nth) => ({ on, nth, do: 'garbled', value: { status: 'constructor', running: false } }) as const,
    );
    const { start, follow } = pairBed(faults, { scenario: CALM_GUEST });
    const { events, end } = await follow(await start());
    expect(kinds(events)).not.toContain('held');
    expect(end.heldBy).toBeUndefined();
  });
});

describe('a guest that is stopped, and not for the switchover', () => {
  test.each([
    ['stopped-by-operator', /somebody else/],
    ['io-error', /disk error/],
  ] as const)('%s: it is held, and the end says by whom', async (what, words) => {
    const { start, follow } = pairBed([{ on: { atMs: 700 }, do: what, to: 'source' }], {
      scenario: CALM_GUEST,
    });
    const { events, end } = await follow(await start());
    expect(events.find(({ kind }) => kind === 'held')).toMatchObject({ by: expect.stringMatching(words) });
    expect(end).toMatchObject({ result: 'completed', heldBy: expect.stringMatching(words) });
    expect(end.whereabouts.destination).toBe('paused');
  });

  test('one that is resumed in time is held no more', async () => {
    const { start, follow, clock, pair } = pairBed([
      { on: { atMs: 300 }, do: 'stopped-by-operator', to: 'source' },
    ]);
    const migration = await start();
    clock.after(300, () => pair.source.startGuest('cont'));
    await clock.pass(800);
    await clock.until(migration.cancel());
    expect((await follow(migration)).end.heldBy).toBeUndefined();
  });

  test('our own suspension is nobody else’s stop', async () => {
    const { start, follow, clock } = pairBed();
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
    const { start, follow } = pairBed([{ on: { atMs: 700 }, do: 'shut-down', to: 'source' }]);
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
    const { start, follow, clock, pair } = pairBed();
    const migration = await start();
    clock.after(500, () => pair.source.shutDown(false));
    expect((await follow(migration)).end.guestEnded).toBe('QEMU was told to end the guest');
  });
});

describe('without events', () => {
  test('passes, the stop and the end are found by asking', async () => {
    const { clock, pair, attach, follow } = pairBed([], { scenario: CALM_GUEST });
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
  const told = pairBed();
  const migration = await told.start({ probeMs: 300 });
  await told.clock.pass(600);
  await told.clock.until(migration.cancel());
  expect(kinds((await told.follow(migration)).events)).toContain('probed');
  const refused = pairBed([{ on: { command: 'calc-dirty-rate', side: 'source' }, do: 'error' }]);
  const other = await refused.start({ probeMs: 300 });
  await refused.clock.pass(600);
  await refused.clock.until(other.cancel());
  expect(kinds((await refused.follow(other)).events)).not.toContain('probed');
  // QEMU's -1 stands for what it could not measure.
  const on = { command: 'query-dirty-rate', side: 'source' } as const;
  const value = { status: 'measured', 'dirty-rate': -1 };
  const unmeasured = pairBed([{ on, nth: 'every', do: 'garbled', value }]);
  const third = await unmeasured.start({ probeMs: 300 });
  await unmeasured.clock.pass(600);
  await unmeasured.clock.until(third.cancel());
  expect(kinds((await unmeasured.follow(third)).events)).not.toContain('probed');
});

test("a destination of somebody else's is not fenced when his migration ends: it may wait for his next try", async () => {
  const { start, attach, follow, clock, pair } = pairBed();
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
  const { start, attach, clock, pair } = pairBed();
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

test('a source that refuses to say how its guest is, to whoever attaches, is asked until it does', async () => {
  const { pair, clock, attach } = pairBed([
    {
      on: { command: 'query-migrate-parameters', side: 'source' },
      nth: 1,
      do: 'stopped-by-operator',
      to: 'source',
    },
    { on: { command: 'query-status', side: 'source' }, nth: 2, do: 'error' },
  ]);
  await clock.until(beginAsSomebodyElse(pair, clock));
  const migration = await attach();
  await clock.pass(1000);
  expect(migration.wasRunning).toBe(false);
  await clock.until(migration.cancel());
});

// Found by the explorer, seed 1796037285038: a pause of 10 s was told as one of 0.4 ms.
test('a stop behind a monitor that was given up may be as old as its last answer', async () => {
  const silent = { do: 'connection-silent', to: 'source', ms: 20_000 } as const;
  const { start, follow, pair } = pairBed(
    [{ on: { event: 'MIGRATION_PASS', side: 'source' }, nth: 2, ...silent }],
    { scenario: CALM_GUEST },
    { reconnectForMs: 12_000 },
  );
  const { events } = await follow(await start());
  const stopped = events.find(({ kind }) => kind === 'stopped');
  const beganMs = pair.heard.find(({ command }) => command === 'migrate')?.atMs ?? 0;
  const stoppedMs = pair.truth.history.find(({ side }) => side === 'source')?.untilMs ?? 0;
  const lateMs = (stopped?.atMs ?? 0) - (stoppedMs - beganMs);
  expect(lateMs).toBeGreaterThan(1000);
  expect((stopped as { unseenMs: number }).unseenMs).toBeGreaterThanOrEqual(lateMs - 5);
});

// Found by `./dev explore`, seed 1795912551675: a pause of 0 ms was told that nobody had seen.
test('a stop that was missed may be as old as the first loss, when the next connection is lost before it says anything', async () => {
  const { start, follow, pair } = pairBed(
    [
      { on: { event: 'STOP', side: 'source' }, do: 'drop' },
      { on: { command: 'query-status', side: 'source' }, nth: 3, do: 'drop' },
    ],
    { scenario: CALM_GUEST },
  );
  const migration = await start();
  const { events } = await follow(migration);
  const stopped = events.find(({ kind }) => kind === 'stopped');
  const stoppedMs = pair.truth.history.find(({ side }) => side === 'source')?.untilMs;
  expect(stopped).toMatchObject({ kind: 'stopped' });
  const beganMs = pair.heard.find(({ command }) => command === 'migrate')?.atMs ?? 0;
  const lateMs = (stopped?.atMs ?? 0) - ((stoppedMs ?? 0) - beganMs);
  expect(lateMs).toBeGreaterThan(1);
  expect(stopped).toHaveProperty('unseenMs');
  expect((stopped as { unseenMs: number }).unseenMs).toBeGreaterThanOrEqual(lateMs - 5);
});
