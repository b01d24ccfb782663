/** The main job between two real libvirt hosts: begun by switchover, or taken over from whoever began it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LOOP } from '../lab/bed.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import { documentFrom } from '../lab/switchover-process.ts';
import { migrationDocumentSchema } from '../src/journal/document.ts';

describe('a memory-intensive guest between libvirt hosts', () => {
  let bed: LibvirtBed;
  beforeAll(async () => {
    bed = await LibvirtBed.make({ workload: LOOP });
  });
  beforeEach(async () => await bed.turnAround());
  afterAll(async () => await bed?.[Symbol.asyncDispose]());

  test('does not end by plain virsh in 15 s', async () => {
    const ended = bed.virshMigrate().then(
      () => 'migrated',
      (error: Error) => error.message,
    );
    const first = await Promise.race([
      ended,
      new Promise((resolve) => setTimeout(resolve, 15_000, 'still running')),
    ]);
    expect(first).toBe('still running');
    await bed.source.virsh('domjobabort', bed.guest.uuid);
    await ended;
    await bed.verify(bed.source);
  });

  test('--dry-run tells what its memory is like, and touches nothing', async () => {
    const ran = await bed.migrate('--dry-run', '--line-rate', '480mbit', '--json').ended;
    expect(ran.status).toBe(0);
    const report = JSON.parse(ran.stdout);
    expect(report).toMatchObject({ schema: 1, vm: 'vm1', possible: true, findings: [] });
    expect(report.guest).toMatchObject({ memoryBytes: 512 * 2 ** 20, accelerator: 'tcg', state: 'running' });
    expect(report.dirtyRate.bytesPerSecond).toBeGreaterThan(50e6);
    const told = await bed.migrate('--dry-run', '--line-rate', '480mbit').ended;
    expect(told.stdout).toMatch(
      /nothing forbids it, and nothing was touched[\s\S]*it is memory-intensive and needs a pause/,
    );
    expect(await bed.guest.on(bed.destination).state()).toBeUndefined();
  });

  test('moves by `switchover migrate`, and its pause is what libvirt says', async () => {
    const ran = await bed.migrate('--json').ended;
    const document = documentFrom(ran);
    expect(ran.status).toBe(0);
    expect(migrationDocumentSchema.parse(document)).toEqual(document);
    expect(document).toMatchObject({ outcome: 'completed', runsOn: 'destination', memoryIntensive: true });
    expect(document.decisions.find(({ action }) => action === 'switchover')?.pass).toBeLessThanOrEqual(4);
    expect(document.pauseMs).toBeLessThanOrEqual(5000);
    expect(Math.abs((document.pauseMs ?? 0) - (document.reportedDowntimeMs ?? 0))).toBeLessThan(50);
    await bed.verify(bed.destination);
  });

  test('is given up at once when its pause is over --max-downtime, and left on the source', async () => {
    const ran = await bed.migrate('--max-downtime', '1s', '--json').ended;
    expect(ran.status).toBe(5);
    expect(documentFrom(ran)).toMatchObject({ outcome: 'aborted', runsOn: 'source', memoryIntensive: true });
    expect(documentFrom(ran).neededPauseMs).toBeGreaterThan(1800);
    await bed.verify(bed.source);
    // The next one finds the limit that was there before.
    expect(await bed.source.virsh('migrate-getmaxdowntime', bed.guest.uuid)).toBe('300');
  });

  test('begun by plain virsh, taken over by `switchover attach`', async () => {
    const starter = bed.virshMigrate().catch((error: Error) => error);
    await underWay(bed);
    const running = bed.run(
      'attach',
      ...['--connect', bed.source.uri, '--to', bed.destination.tcpUri, ...bed.common(), '--json', 'vm1'],
    );
    const document = documentFrom(await running.ended);
    expect(document).toMatchObject({ outcome: 'completed', runsOn: 'destination', memoryIntensive: true });
    expect(Math.abs((document.pauseMs ?? 0) - (document.reportedDowntimeMs ?? 0))).toBeLessThan(50);
    expect(await starter).toBe('');
    await bed.verify(bed.destination);
  });

  test('kill -9 in the middle: the job goes on, and attach finishes it', async () => {
    // Under one that leaves time to be killed in.
    const running = bed.migrate('--policy', 'stock');
    await running.says(/^pass 2/m);
    running.process.kill('SIGKILL');
    await running.ended;
    expect(await bed.source.virsh('domjobinfo', bed.guest.uuid)).toMatch(/Unbounded/);
    const ran = await bed.run('attach', '--connect', bed.source.uri, ...bed.common(), '--json', 'vm1').ended;
    expect(documentFrom(ran)).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    expect(documentFrom(ran).pauseMs).toBeGreaterThan(0);
    await bed.verify(bed.destination);
  });

  test('Ctrl-C cancels, and the guest stays', async () => {
    const running = bed.migrate('--policy', 'stock', '--json');
    await running.says(/^pass 2/m);
    running.process.kill('SIGINT');
    const ran = await running.ended;
    expect(ran.status).toBe(5);
    expect(documentFrom(ran)).toMatchObject({ outcome: 'cancelled', runsOn: 'source' });
    await bed.verify(bed.source);
  });

  test('post-copy moves it when the user has said so', async () => {
    const ran = await bed.migrate('--max-downtime', '1s', '--over-budget', 'post-copy', '--json').ended;
    const told = `${ran.stderr}${documentFrom(ran).reason}`;
    expect(documentFrom(ran), told).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    // Less than its working set takes on the link, however busy this machine is.
    expect(documentFrom(ran).pauseMs).toBeLessThan(2000);
    // libvirt does not have QEMU count.
    expect(documentFrom(ran).remotePages, told).toMatchObject({ allBlockedMs: null, vcpuBlockedMs: null });
    expect(documentFrom(ran).remotePages?.ms, told).toBeGreaterThan(1000);
    await bed.verify(bed.destination);
  });
});

/** Waits until memory is being copied. */
async function underWay({ source, guest }: LibvirtBed): Promise<void> {
  await expect
    .poll(async () => await source.virsh('domjobinfo', guest.uuid), { timeout: 60_000 })
    .toMatch(/Iteration/);
}
