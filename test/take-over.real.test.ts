/** Migrations that switchover left, or that somebody else began, and that end on the destination. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { documentFrom, switchover } from '../lab/switchover-process.ts';
import { connectQmp } from '../src/hypervisor/qemu/qmp/client.ts';

describe('what ends on the destination', () => {
  let own: Bed;
  beforeEach(async () => {
    own = await Bed.make(LOOP);
  });
  afterEach(async () => await own?.[Symbol.asyncDispose]());

  test('kill -9 in the middle, then attach finishes the job', async () => {
    const running = await own.migrate('--policy', 'stock');
    await running.says(/^pass 2/m);
    running.process.kill('SIGKILL');
    // bin/switchover becomes node by exec, so this killed switchover itself.
    expect((await running.ended).signal).toBe('SIGKILL');
    expect(await own.pair.source.runState()).toBe('running');
    const ran = await switchover('attach', own.source, '--state-dir', own.stateDir, '--json');
    expect(documentFrom(ran)).toMatchObject({
      outcome: 'completed',
      runsOn: 'destination',
      memoryIntensive: true,
    });
    expect(documentFrom(ran).pauseMs).toBeGreaterThan(0);
    expect(ran.status).toBe(0);
    await own.verify('destination');
    // A second attach finds out what became of it.
    const again = await switchover('attach', own.source, '--state-dir', own.stateDir);
    expect(again.status).toBe(3);
    expect(again.stderr).toMatch(/no migration of .* is under way; its guest was handed over/);
  });

  test('Ctrl-C twice: detached, exit 130, QEMU goes on, and the next attach lets the guest run', async () => {
    // Relaxed: it will end by itself, which shows that it went on.
    const running = await own.migrate('--policy', 'relaxed', '--max-downtime', '4s');
    await running.says(/^pass 1/m);
    running.process.kill('SIGINT');
    await running.says(/cancelling/);
    running.process.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    expect(await own.pair.source.runState()).toBe('running');
    // It has arrived and waits for our word.
    await expect.poll(async () => await own.pair.destination.runState(), { timeout: 60_000 }).toBe('paused');
    const told = await switchover('attach', own.source, '--state-dir', own.stateDir);
    expect(told).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('the guest runs on the destination'),
    });
    await own.verify('destination');
  });
});

test('a migration that somebody else began without events is taken over by polling', async () => {
  await using own = await Bed.make(LOOP);
  {
    await using destination = await connectQmp(own.pair.destination.qmpPath);
    await destination.execute('migrate-incoming', { uri: own.pair.migrateUri });
    await using source = await connectQmp(own.pair.source.qmpPath);
    await source.execute('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
    await source.execute('migrate', { uri: own.pair.migrateUri });
  }
  const ran = await switchover(
    'attach',
    own.source,
    '--to',
    own.destination,
    '--state-dir',
    own.stateDir,
    '--json',
  );
  const document = documentFrom(ran);
  expect(document).toMatchObject({ outcome: 'completed', runsOn: 'destination', memoryIntensive: true });
  expect(document.pauseMs).toBeLessThanOrEqual(5000);
  // What a pass found, not what was left of it at the next look; on a busy machine the guest writes half as fast.
  for (const { remainingBytes } of document.boundaries) expect(remainingBytes).toBeGreaterThan(60e6);
  expect(ran.status).toBe(0);
  await own.verify('destination');
});
