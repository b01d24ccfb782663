/**
 * The brake on real guests: it makes one fit that would not, and lets go of one that it cannot help. These are emulated, so it
 * is QEMU's own throttle; the quota is tried on KVM (test/kvm/brake.test.ts).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import { connectQmp } from '../src/hypervisor/qemu/qmp/client.ts';
import { expectEnd, expectSourceRuns } from './expectations.ts';
import { groupsOf, paceOf } from './testing/brakes.ts';

describe('a guest that writes twice what the link carries', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.make({ ...LOOP, pagesPerSecond: 30_000 });
  });
  afterAll(async () => await bed?.[Symbol.asyncDispose]());

  test('is released when the brake has lasted as long as it may, and QEMU is as it was', async () => {
    const before = await settingsOf(bed);
    const pagesPerSecond = await paceOf(bed.pair.source);
    // More than it is reckoned to need, or it would not begin (1.5 s, on a busy machine); QEMU's throttle takes longer.
    const running = await bed.migrate(
      ...['--max-downtime', '500ms', '--over-budget', 'brake', '--brake-for', '2s', '--json'],
    );
    await running.says(/braked by \d+ %/);
    // A quota would hold the emulated vCPU where a sync makes it lose writes.
    expect(groupsOf(bed.pair.source)).toEqual([]);
    const document = expectEnd(
      await running.ended,
      5,
      'aborted',
      'source',
      /^braked to 99 % for --brake-for 2 s/,
    );
    expect(document.brownOut?.ms).toBeGreaterThanOrEqual(2000);
    expect(document.brownOut?.ms).toBeLessThan(3000);
    expect(await settingsOf(bed)).toEqual(before);
    expect(await paceOf(bed.pair.source)).toBeGreaterThan(0.8 * pagesPerSecond);
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
    expect(document.effects.map(({ did }) => did).join()).not.toMatch(/quota/);
    await bed.verify('destination');
  });

  test('is not braked because it pays, which only a quota does, and that is said', async () => {
    await bed.turnAround();
    const ran = await (await bed.migrate('--brake', 'when-it-pays', '--json')).ended;
    expect(ran.stderr).toMatch(/the guest is not braked: there is no quota to set on its vCPU threads/);
    expect(expectEnd(ran, 0, 'completed', 'destination').brownOut).toBeNull();
    await bed.verify('destination');
  });
});

test('between libvirt hosts an emulated guest is braked by what was armed at the start', async () => {
  await using bed = await LibvirtBed.make({ workload: { ...LOOP, pagesPerSecond: 30_000 } });
  const ran = await bed.migrate('--max-downtime', '700ms', '--over-budget', 'brake', '--json').ended;
  const document = expectEnd(ran, 0, 'completed', 'destination');
  expect(document.effects.map(({ did }) => did).join()).not.toMatch(/quota/);
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
