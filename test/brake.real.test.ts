/** The brake on real guests: it makes one fit that would not, and lets go of one that it cannot help. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import { askMonitor } from '../lab/monitor.ts';
import { type Ran, switchover } from '../lab/switchover-process.ts';
import { connectQmp } from '../src/hypervisor/qemu/qmp/client.ts';
import { expectEnd, expectSourceRuns } from './expectations.ts';

describe('a guest that writes twice what the link carries', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.make({ ...LOOP, pagesPerSecond: 30_000 });
  });
  afterAll(async () => await bed?.[Symbol.asyncDispose]());

  test('is released when the brake has lasted as long as it may, and QEMU is as it was', async () => {
    const before = await settingsOf(bed);
    const pagesPerSecond = await paceOf(bed);
    const running = await bed.migrate(
      ...['--max-downtime', '500ms', '--over-budget', 'brake', '--brake-for', '1500ms', '--json'],
    );
    await running.says(/^ +throttle: /m);
    const document = expectEnd(
      await running.ended,
      5,
      'aborted',
      'source',
      /^braked to 99\.5 % for --brake-for 1.5 s/,
    );
    expect(document.brownOut?.ms).toBeGreaterThanOrEqual(1500);
    expect(document.brownOut?.ms).toBeLessThan(2500);
    expect(await settingsOf(bed)).toEqual(before);
    expect(await paceOf(bed)).toBeGreaterThan(0.8 * pagesPerSecond);
    await expectSourceRuns(bed);
  });

  test('is braked and moves with a pause below half a second', async () => {
    const ran = await (await bed.migrate('--max-downtime', '500ms', '--over-budget', 'brake', '--json'))
      .ended;
    const document = expectEnd(ran, 0, 'completed', 'destination');
    expect(document.pauseMs).toBeLessThan(500);
    expect(document.brownOut?.ms).toBeGreaterThan(0);
    expect(document.brownOut?.percent).toBeGreaterThan(50);
    expect(document.decisions.some(({ action }) => action === 'throttle')).toBe(true);
    expect(document.effects.map(({ did }) => did)).toContainEqual(
      expect.stringMatching(/^a quota of .* on the vCPU$/),
    );
    await bed.verify('destination');
  });
});

describe('a guest that is braked', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.make({ ...LOOP, pagesPerSecond: 30_000 });
  });
  afterAll(async () => await bed?.[Symbol.asyncDispose]());

  test('is let go when switchover is killed, and whoever takes the migration over brakes it again', async () => {
    const pagesPerSecond = await paceOf(bed);
    const brake = ['--max-downtime', '500ms', '--over-budget', 'brake'];
    const running = await bed.migrate(...brake, '--brake-for', '60s');
    await running.says(/^ +throttle: /m);
    await expect.poll(() => groupsOf(bed), { timeout: 5_000, interval: 20 }).not.toEqual([]);
    running.process.kill('SIGKILL');
    expect((await running.ended).signal).toBe('SIGKILL');
    await expect.poll(() => groupsOf(bed), { timeout: 30_000 }).toEqual([]);
    expect(await paceOf(bed)).toBeGreaterThan(0.5 * pagesPerSecond);

    const attached = await attach(bed, ...brake);
    const document = expectEnd(attached, 0, 'completed', 'destination');
    expect(document.brownOut?.percent).toBeGreaterThan(50);
    expect(document.pauseMs).toBeLessThan(500);
    await bed.verify('destination');
  });

  test('may have been begun by somebody else, who made nothing ready', async () => {
    await bed.turnAround();
    const { source, destination, migrateUri } = bed.pair;
    await askMonitor(destination.monitor2Path, 'migrate-incoming', { uri: migrateUri });
    await askMonitor(source.monitor2Path, 'migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
    await askMonitor(source.monitor2Path, 'migrate', { uri: migrateUri });
    const attached = await attach(bed, '--max-downtime', '500ms', '--over-budget', 'brake');
    const document = expectEnd(attached, 0, 'completed', 'destination');
    expect(document.brownOut?.percent).toBeGreaterThan(50);
    await bed.verify('destination');
  });

  test('is spared a pause of 2 s that is allowed, where that pays, and QEMU is not set up for it', async () => {
    await bed.turnAround();
    const running = await bed.migrate('--brake', 'when-it-pays', '--json');
    await running.says(/^ +throttle: .*: worth the brown-out$/m);
    // Auto-converge, of which a guest may feel something, stays off.
    const [, capabilities] = await settingsOf(bed);
    expect(capabilities).toContainEqual({ capability: 'auto-converge', state: false });
    const document = expectEnd(await running.ended, 0, 'completed', 'destination');
    expect(document.pauseMs).toBeLessThan(1000);
    expect(document.brownOut?.percent).toBeGreaterThan(50);
    expect(groupsOf(bed)).toEqual([]);
    await bed.verify('destination');
  });
});

async function attach(bed: Bed, ...args: string[]): Promise<Ran> {
  const place = ['--to', bed.destination, '--state-dir', bed.stateDir];
  return await switchover('attach', bed.source, ...place, '--json', ...args);
}

/** The control groups that the source's threads have from us, by the kernel's word. */
function groupsOf({ pair }: Bed): string[] {
  const folder = `/proc/${pair.source.pid}/task`;
  return readdirSync(folder).flatMap((thread) =>
    [...readFileSync(path.join(folder, thread, 'cgroup'), 'utf8').matchAll(/switchover-brake-\d+/g)].map(
      ([name]) => name,
    ),
  );
}

test('between libvirt hosts a guest is braked by the quota, which needs nothing armed at the start', async () => {
  await using bed = await LibvirtBed.make({ workload: { ...LOOP, pagesPerSecond: 30_000 } });
  const ran = await bed.migrate('--max-downtime', '700ms', '--over-budget', 'brake', '--json').ended;
  const document = expectEnd(ran, 0, 'completed', 'destination');
  expect(document.effects.map(({ did }) => did)).toContainEqual(
    expect.stringMatching(/^a quota of .* on the vCPU$/),
  );
  expect(document.brownOut?.percent).toBeGreaterThan(50);
  expect(document.pauseMs).toBeLessThan(1000);
  await bed.verify(bed.destination);
});

async function settingsOf(bed: Bed) {
  await using monitor = await connectQmp(bed.pair.source.monitor2Path);
  return [
    await monitor.execute('query-migrate-parameters'),
    await monitor.execute('query-migrate-capabilities'),
  ];
}

/** Pages that the guest writes in a second, by its own count. */
async function paceOf(bed: Bed): Promise<number> {
  const before = await bed.pair.source.status();
  const beganMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const after = await bed.pair.source.status();
  return ((after.writes - before.writes) / (performance.now() - beganMs)) * 1000;
}
