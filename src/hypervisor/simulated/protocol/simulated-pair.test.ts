/**
 * That the simulated pair does what QEMU does, whoever drives it: asked through monitors, judged by the truth. One list of
 * what QEMU does, hence a little over 300 lines.
 */
import { describe, expect, test } from 'vitest';
import { connectQmp, type QmpClient } from '../../qemu/qmp/client.ts';
import { QmpCommandError } from '../../qemu/qmp/errors.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { BUSY_GUEST, CALM_GUEST } from '../testing/small-guest.ts';
import type { Fault } from './faults.ts';
import { type PairInput, SimulatedPair } from './simulated-pair.ts';

const V7_2 = { major: 7, minor: 2, micro: 22, package: '' };

async function bed(input: Partial<PairInput> = {}) {
  const clock = new VirtualClock();
  const pair = new SimulatedPair({ clock, scenario: CALM_GUEST, ...input });
  const open = async (address: string): Promise<QmpClient> =>
    await connectQmp(address.replace('qmp:', ''), { clock, open: pair.open, commandTimeoutMs: 60_000 });
  const source = await clock.until(open(pair.vm));
  const destination = await clock.until(open(pair.target.vm));
  const events: string[] = [];
  for (const [side, client] of [
    ['source', source],
    ['destination', destination],
  ] as const)
    for (const name of ['STOP', 'RESUME', 'MIGRATION', 'MIGRATION_PASS', 'SHUTDOWN'])
      client.onEvent(name, ({ data }) => {
        const said = data['status'] ?? data['pass'] ?? '';
        events.push(`${side} ${name} ${String(said)}`.trim());
      });
  const ask = async (client: QmpClient, command: string, args?: object, timeoutMs = 60_000) =>
    (await clock.until(client.execute(command as never, args as never, { timeoutMs }))) as Record<
      string,
      unknown
    >;
  const statuses = async () => [
    (await ask(source, 'query-status'))['status'],
    (await ask(destination, 'query-status'))['status'],
  ];
  return { clock, pair, open, source, destination, events, ask, statuses };
}

type Bed = Awaited<ReturnType<typeof bed>>;

async function begin({ ask, source, destination, pair }: Bed, waits = false): Promise<void> {
  const capabilities = [{ capability: 'events', state: true }];
  await ask(source, 'migrate-set-capabilities', { capabilities });
  await ask(source, 'migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
  await ask(destination, 'migrate-incoming', { uri: pair.target.migrateUri });
  if (waits) await ask(destination, 'stop');
  await ask(source, 'migrate', { uri: pair.target.migrateUri });
}

/** The destination runs the guest, and the source never hears of it. */
const CUT_IN_THE_LAST_MOMENT: Fault = { on: { stream: 'loaded' }, do: 'link-reset' };

describe('a migration by itself', () => {
  test('with pause-before-switchover the guest stands still until `migrate-continue`, or goes on where it was', async () => {
    const b = await bed();
    const pauses = { capability: 'pause-before-switchover', state: true };
    await b.ask(b.source, 'migrate-set-capabilities', { capabilities: [pauses] });
    await begin(b);
    await b.clock.pass(5000);
    expect(b.events.slice(-3)).toEqual([
      'source STOP',
      'source MIGRATION_PASS 4',
      'source MIGRATION pre-switchover',
    ]);
    expect((await b.ask(b.source, 'query-migrate'))['status']).toBe('pre-switchover');
    await b.ask(b.source, 'migrate-continue', { state: 'pre-switchover' });
    await b.clock.pass(5000);
    expect(b.events.slice(-3)).toEqual([
      'source MIGRATION device',
      'destination RESUME',
      'source MIGRATION completed',
    ]);
    const other = await bed();
    await other.ask(other.source, 'migrate-set-capabilities', { capabilities: [pauses] });
    await begin(other);
    await other.clock.pass(5000);
    await other.ask(other.source, 'migrate_cancel');
    await other.clock.pass(100);
    expect(other.pair.truth.runningSides).toEqual(['source']);
  });

  test('the guest moves: one side runs at any time, and the states are QEMU’s', async () => {
    const b = await bed();
    await begin(b);
    await b.clock.pass(10_000);
    expect(b.events).toEqual([
      'source MIGRATION setup',
      'source MIGRATION_PASS 1',
      'source MIGRATION active',
      'source MIGRATION_PASS 2',
      // The sync that finds that all fits, and the one after the stop.
      'source MIGRATION_PASS 3',
      'source STOP',
      'source MIGRATION_PASS 4',
      'source MIGRATION device',
      'destination RESUME',
      'source MIGRATION completed',
    ]);
    expect(await b.statuses()).toEqual(['postmigrate', 'running']);
    expect(b.pair.truth.overlaps).toEqual([]);
    expect(b.pair.truth.history.map(({ side, cause }) => [side, cause])).toEqual([
      ['source', 'at first'],
      ['destination', 'autostart'],
    ]);
    expect(await b.ask(b.source, 'query-migrate')).toMatchObject({ status: 'completed' });
  });

  test('a busy guest never moves, and its passes go on', async () => {
    const b = await bed({ scenario: BUSY_GUEST });
    await begin(b);
    await b.clock.pass(20_000);
    expect(b.events.filter((each) => each.includes('MIGRATION_PASS')).length).toBeGreaterThan(10);
    expect(await b.statuses()).toEqual(['running', 'inmigrate']);
  });

  test('a destination that was told to wait holds the guest, and a `cont` lets it run', async () => {
    const b = await bed();
    await begin(b, true);
    await b.clock.pass(10_000);
    expect(await b.statuses()).toEqual(['postmigrate', 'paused']);
    expect(b.pair.truth.runningSides).toEqual([]);
    await b.ask(b.destination, 'cont');
    expect(b.pair.truth.runningSides).toEqual(['destination']);
  });

  test('a `cont` while it receives takes the wait back, and the disks with it', async () => {
    const b = await bed();
    await begin(b, true);
    await b.ask(b.destination, 'cont');
    await b.clock.pass(10_000);
    expect(b.pair.truth.runningSides).toEqual(['destination']);
    expect(b.pair.truth.misdeeds).toHaveLength(1);
  });
});

describe('two sides can run', () => {
  test('audit 6: the link breaks in the last moment, and QEMU itself runs both', async () => {
    const b = await bed({ faults: [CUT_IN_THE_LAST_MOMENT] });
    await begin(b);
    await b.clock.pass(10_000);
    expect(await b.statuses()).toEqual(['running', 'running']);
    expect(b.pair.truth.overlaps).toEqual([
      { fromMs: expect.any(Number), causes: { source: 'stream', destination: 'autostart' } },
    ]);
    expect(b.pair.truth.overlapsByCommand).toEqual([]);
  });

  test('where the destination waits only the source runs', async () => {
    const b = await bed({ faults: [CUT_IN_THE_LAST_MOMENT] });
    await begin(b, true);
    await b.clock.pass(10_000);
    expect(await b.statuses()).toEqual(['running', 'paused']);
    expect(b.pair.truth.overlaps).toEqual([]);
  });

  test('a yank once the destination has everything runs both, and that was a command’s doing', async () => {
    const b = await bed({ scenario: { ...CALM_GUEST, switchoverFixedCostMs: 1000 } });
    await begin(b);
    while (b.pair.truth.runningSides.length > 0) await b.clock.pass(10);
    await b.clock.pass(500);
    await b.clock.until(b.source.execute('yank', { instances: [{ type: 'migration' }] }, { oob: true }));
    await b.clock.pass(1000);
    expect(b.pair.truth.overlapsByCommand).toHaveLength(1);
  });

  test('so does a `cont` on a source that has handed over', async () => {
    const b = await bed();
    await begin(b);
    await b.clock.pass(10_000);
    await b.ask(b.source, 'cont');
    expect(b.pair.truth.overlapsByCommand).toHaveLength(1);
    expect([...b.pair.truth.runningSides].sort()).toEqual(['destination', 'source']);
    expect(b.pair.truth.runningSidesAt(0)).toEqual(['source']);
  });
});

describe('the stop-and-copy', () => {
  async function stopped(input: Partial<PairInput> = {}): Promise<Bed> {
    const b = await bed({ scenario: BUSY_GUEST, ...input });
    await begin(b);
    await b.ask(b.source, 'migrate-set-parameters', { 'downtime-limit': 2000 });
    while (!b.events.includes('source STOP')) await b.clock.pass(10);
    return b;
  }

  test('answers in-band commands only after it, and an out-of-band one at once', async () => {
    const b = await stopped();
    await expect(b.ask(b.source, 'query-status', undefined, 200)).rejects.toThrow(/did not answer/);
    await b.clock.until(b.source.execute('yank', { instances: [{ type: 'migration' }] }, { oob: true }), 5);
    await b.clock.pass(10);
    expect(await b.ask(b.source, 'query-status')).toMatchObject({ status: 'running' });
    expect(await b.ask(b.source, 'query-migrate')).toMatchObject({ status: 'failed' });
    expect(b.pair.destination.alive).toBe(false);
  });

  test('a link that is cut silently holds the guest until it is back', async () => {
    const b = await stopped();
    b.pair.carryOut({ do: 'link-cut' });
    await b.clock.pass(5000);
    expect(b.pair.truth.runningSides).toEqual([]);
    b.pair.carryOut({ do: 'link-back' });
    await b.clock.pass(2000);
    expect(b.pair.truth.runningSides).toEqual(['destination']);
  });

  test('a destination that is killed gives the guest back', async () => {
    const b = await stopped();
    b.pair.carryOut({ do: 'killed', to: 'destination' });
    await b.clock.pass(100);
    expect(b.pair.truth.runningSides).toEqual(['source']);
    expect(await b.ask(b.source, 'query-migrate')).toMatchObject({
      status: 'failed',
      'error-desc': expect.stringContaining('reset by peer'),
    });
  });
});

describe('cancelling', () => {
  test('in pre-copy the guest goes on, and the destination ends', async () => {
    const b = await bed();
    await begin(b);
    await b.clock.pass(500);
    await b.ask(b.source, 'migrate_cancel');
    await b.clock.pass(100);
    expect(b.events.slice(-2)).toEqual(['source MIGRATION cancelling', 'source MIGRATION cancelled']);
    expect(b.pair.destination.alive).toBe(false);
    expect(b.pair.truth.runningSides).toEqual(['source']);
  });

  test.each([
    ['before 8.2 becomes postmigrate', V7_2, 'postmigrate'],
    ['stays paused', { ...V7_2, major: 10 }, 'paused'],
  ])('a guest that was paused %s', async (_, version, state) => {
    const b = await bed({ version: { source: version }, faults: [CUT_IN_THE_LAST_MOMENT] });
    await begin(b);
    await b.ask(b.source, 'stop');
    await b.clock.pass(10_000);
    expect(await b.statuses()).toEqual([state, 'paused']);
  });
});

describe('the monitor', () => {
  test('serves one client at a time: the next one waits in silence', async () => {
    const b = await bed();
    const second = b.open(b.pair.vm);
    second.catch(() => {});
    await expect(b.clock.until(second)).rejects.toMatchObject({ code: 'busy' });
    const third = b.open(b.pair.vm);
    await b.clock.pass(100);
    await b.clock.until(b.source.close());
    expect(await b.ask(await b.clock.until(third), 'query-status')).toMatchObject({ status: 'running' });
  });

  test('refuses what its version does not have', async () => {
    const b = await bed({ version: { source: V7_2 } });
    await expect(
      b.ask(b.source, 'migrate-set-parameters', { 'avail-switchover-bandwidth': 1 }),
    ).rejects.toThrow(QmpCommandError);
    await expect(b.ask(b.source, 'no-such-command')).rejects.toMatchObject({ errorClass: 'CommandNotFound' });
  });

  test('a second migration, a migration from a side that receives, or to nobody, is refused or fails', async () => {
    const b = await bed();
    await expect(b.ask(b.destination, 'migrate', { uri: 'tcp:a:1' })).rejects.toThrow(/incoming migration/);
    await b.ask(b.source, 'migrate', { uri: 'tcp:nowhere:1' });
    await b.clock.pass(10);
    expect(await b.ask(b.source, 'query-migrate')).toMatchObject({ status: 'failed' });
    await begin(b);
    await expect(b.ask(b.source, 'migrate', { uri: 'tcp:a:1' })).rejects.toThrow(/in progress/);
    await expect(b.ask(b.source, 'migrate-set-capabilities', { capabilities: [] })).rejects.toThrow(
      /in progress/,
    );
  });
});

describe('scripted faults', () => {
  test('a command is delayed, refused, never answered, or answered by a closed connection', async () => {
    const on = { command: 'query-status', side: 'source' } as const;
    const b = await bed({
      faults: [
        { on, nth: 1, do: 'delay', ms: 700 },
        { on, nth: 2, do: 'error' },
        { on, nth: 3, do: 'never' },
        { on, nth: 4, do: 'drop' },
      ],
    });
    const beganMs = b.clock.now();
    await b.ask(b.source, 'query-status');
    expect(b.clock.now() - beganMs).toBeGreaterThan(700);
    await expect(b.ask(b.source, 'query-status')).rejects.toThrow('scripted');
    await expect(b.ask(b.source, 'query-status', undefined, 500)).rejects.toThrow('did not answer');
    await expect(b.ask(b.source, 'query-status')).rejects.toMatchObject({ code: 'hung-up', sent: true });
  });

  test('an event is lost, or comes late', async () => {
    const b = await bed({
      faults: [
        { on: { event: 'STOP', side: 'source' }, do: 'never' },
        { on: { event: 'RESUME', side: 'source' }, do: 'delay', ms: 300 },
      ],
    });
    await b.ask(b.source, 'stop');
    const answered = b.ask(b.source, 'cont').then(() => b.events.push('the answer'));
    await b.clock.pass(200);
    expect(b.events).toEqual([]);
    await b.clock.pass(200);
    await answered;
    // What comes after it on its way stays behind it.
    expect(b.events).toEqual(['source RESUME', 'the answer']);
  });

  test('a connection is lost for a time, or silent for a time and then says all that it held', async () => {
    const b = await bed({
      faults: [
        { on: { atMs: 1000 }, do: 'connection-silent', to: 'source', ms: 500 },
        { on: { atMs: 3000 }, do: 'connection-lost', to: 'source', ms: 500 },
      ],
    });
    await b.clock.pass(1000 - b.clock.now() + 1);
    await expect(b.ask(b.source, 'query-status', undefined, 400)).rejects.toThrow('did not answer');
    const beganMs = b.clock.now();
    await b.ask(b.source, 'query-status');
    expect(b.clock.now() - beganMs).toBeGreaterThan(90);
    await b.clock.pass(3001 - b.clock.now());
    expect(await b.clock.until(b.source.closed)).toMatchObject({ code: 'hung-up' });
    await expect(b.clock.until(b.open(b.pair.vm))).rejects.toMatchObject({ code: 'refused' });
    await b.clock.pass(600);
    await b.clock.until(b.open(b.pair.vm));
  });

  test('a process that is killed says nothing; one whose guest shuts down says so', async () => {
    const b = await bed({ faults: [{ on: { atMs: 500 }, do: 'shut-down', to: 'source' }] });
    await b.clock.pass(1000);
    expect(b.events).toEqual(['source SHUTDOWN', 'source STOP']);
    b.pair.carryOut({ do: 'killed', to: 'destination' });
    expect(b.events).toHaveLength(2);
    expect(b.pair.source.identity.isRunning()).toBe(false);
    expect(b.pair.truth.runningSides).toEqual([]);
  });
});
