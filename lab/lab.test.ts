/** The lab itself, on real QEMU guests. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { verifyArrival } from './arrival.ts';
import type { Workload } from './guest/workload.ts';
import { openLab } from './lab.ts';
import { askMonitor } from './monitor.ts';
import type { QemuPair } from './qemu-pair.ts';
import { LabIdError } from './run-folder.ts';
import { sweep } from './sweep.ts';
import { abandonLab, expectGone, untilGone } from './testing/abandoned.ts';
import { waitFor } from './wait.ts';

const LOOP: Workload = { kind: 'loop', wssMiB: 64 };

describe('a guest', () => {
  test('boots, writes on, and finds every page right until one is spoilt', async () => {
    await using lab = await openLab();
    const pair = await lab.startPair({ workload: LOOP, destination: 'none' });
    await pair.ready();
    const { source } = pair;

    const early = await source.status();
    const sound = await source.verify();
    expect(sound).toMatchObject({ checked: 64 * 256, of: 'pages', bad: 0, ledgerOk: true });
    expect(sound.writes).toBeGreaterThan(early.writes);
    expect(await verifyArrival(early, source)).toMatchObject({ ok: true });

    // The loop overwrites the spoilt page within milliseconds: it is found all the same, and counts once.
    await source.corrupt(5);
    expect((await source.verify()).bad).toBe(1);
    await source.corrupt(6, 'flip');
    const arrival = await verifyArrival(early, source);
    expect(arrival).toMatchObject({ ok: false, after: { bad: 2 } });
    expect(arrival.reason).toContain('2 of 16384 pages');
  });

  test('whose workload cannot start is reported at once, with its console', async () => {
    await using lab = await openLab();
    const pair = await lab.startPair({ workload: { kind: 'idle', wssMiB: 4096 }, destination: 'none' });
    await expect(pair.ready()).rejects.toThrow(/does not fit[\s\S]*Kernel panic/);
  });

  test('whose QEMU does not start is reported with what QEMU printed', async () => {
    await using lab = await openLab();
    const source = { machine: 'no-such-machine' };
    await expect(lab.startPair({ workload: LOOP, source })).rejects.toThrow(/unsupported machine type/);
  });
});

describe('a migration by hand', () => {
  test.each<Workload>([LOOP, { kind: 'idle', wssMiB: 64, page: 'full' }])(
    'of a guest that does $kind loses nothing',
    async (workload) => {
      await using lab = await openLab();
      const pair = await lab.startPair({ workload });
      await pair.ready();
      const before = await pair.source.status();
      await migrate(pair);
      expect(await pair.source.runState()).toBe('postmigrate');
      expect(await verifyArrival(before, pair.destination, pair.source)).toMatchObject({ ok: true });
    },
  );

  test('waits while the link is cut, and goes on when it is back', async () => {
    await using lab = await openLab();
    const pair = await lab.startPair({ workload: LOOP, incoming: 'listen' });
    await pair.ready();
    const before = await pair.source.status();
    const migrated = migrate(pair);
    await waitFor('some data', async () => ((await sentBytes(pair)) > 20e6 ? true : undefined), PATIENCE);
    await lab.link.cut();
    await untilQuiet(pair);
    const whileCut = await sentBytes(pair);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await sentBytes(pair)).toBe(whileCut);
    await lab.link.restore();
    await migrated;
    expect(await verifyArrival(before, pair.destination, pair.source)).toMatchObject({ ok: true });
  });

  test('that failed can be tried again with a new destination', async () => {
    await using lab = await openLab();
    const pair = await lab.startPair({ workload: { kind: 'idle', wssMiB: 1 } });
    await pair.ready();
    const before = await pair.source.status();
    pair.destination.kill();
    await pair.destination.exited;
    expect(pair.destination.alive()).toBe(false);
    await pair.startDestination();
    await migrate(pair);
    expect(await verifyArrival(before, pair.destination, pair.source)).toMatchObject({ ok: true });
  });
});

describe('labs', () => {
  test('run side by side, and leave nothing behind', async () => {
    const [one, two] = await Promise.all([openLab(), openLab({ rateBitsPerSecond: 100e6 })]);
    const pairs = await Promise.all(
      [one, two].map(async (lab) => await lab.startPair({ workload: { kind: 'idle', wssMiB: 1 } })),
    );
    const second = await one.startPair({ workload: { kind: 'idle', wssMiB: 1 } });
    const pids = [...pairs, second].flatMap((pair) => [pair.source.pid, pair.destination.pid]);
    expect(new Set(pids).size).toBe(6);
    expect(second.migrateUri).not.toBe(pairs[0]?.migrateUri);
    await Promise.all([...pairs, second].map(async (pair) => await pair.ready()));
    await expect(openLab({ id: one.id })).rejects.toThrow(LabIdError);

    await Promise.all([one.close(), two.close()]);
    expectGone(one, pids);
    expectGone(two, pids);
  });

  test('whose owner was killed lose their QEMUs at once, and the rest at the next sweep', async () => {
    const { abandoned, owner } = await abandonLab('pair');
    owner.kill('SIGKILL');
    await untilGone(abandoned.pids);
    // Each test beside this one sweeps as it begins, and may be at this one already.
    await sweep();
    await expect.poll(() => existsSync(abandoned.folder)).toBe(false);
    expectGone(abandoned, abandoned.pids);
  });

  test('whose owner is told to end are cleaned up by it', async () => {
    const { abandoned, owner } = await abandonLab('pair');
    owner.kill('SIGTERM');
    const [status, signal] = await once(owner, 'exit');
    expect([status, signal]).toEqual([null, 'SIGTERM']);
    await untilGone(abandoned.pids);
    expectGone(abandoned, abandoned.pids);
  });
});

const PATIENCE = { timeoutMs: 30_000, everyMs: 20 };

/** Stock QEMU, told to accept any pause. */
async function migrate({ source, destination, migrateUri, options }: QemuPair): Promise<void> {
  if (options.incoming !== 'listen')
    await askMonitor(destination.qmpPath, 'migrate-incoming', { uri: migrateUri });
  await askMonitor(source.qmpPath, 'migrate-set-parameters', {
    'downtime-limit': 2_000_000,
    'max-bandwidth': 10e9,
  });
  await askMonitor(source.qmpPath, 'migrate', { uri: migrateUri });
  const ended = await waitFor(
    'the migration to end',
    async () => {
      const { status } = await queryMigrate(source.qmpPath);
      return status === 'completed' || status === 'failed' ? status : undefined;
    },
    PATIENCE,
  );
  expect(ended).toBe('completed');
  // The source is done a moment before the destination runs.
  await waitFor(
    'the destination to run',
    async () => ((await destination.runState()) === 'running' ? true : undefined),
    PATIENCE,
  );
}

async function queryMigrate(qmpPath: string): Promise<{ status?: string; ram?: { transferred: number } }> {
  return (await askMonitor(qmpPath, 'query-migrate')) as { status?: string; ram?: { transferred: number } };
}

async function sentBytes({ source }: QemuPair): Promise<number> {
  return (await queryMigrate(source.qmpPath)).ram?.transferred ?? 0;
}

/** The sockets' buffers take some megabytes after the cut. */
async function untilQuiet(pair: QemuPair): Promise<void> {
  let last = -1;
  const quiet = async () => {
    const sent = await sentBytes(pair);
    const same = sent === last;
    last = sent;
    return same || undefined;
  };
  await waitFor('the stream to stand still', quiet, { timeoutMs: 20_000, everyMs: 300 });
}
