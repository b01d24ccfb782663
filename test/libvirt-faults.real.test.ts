/** What goes wrong between libvirt hosts, made for real: one clear sentence, the right exit status, one running guest. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import { documentFrom, type Running } from '../lab/switchover-process.ts';

/** Busy enough to be on the way for some seconds, and to need help to arrive. */
const STEADY = { kind: 'loop', wssMiB: 128, pagesPerSecond: 20_000 } as const;

describe('in the middle of a migration', () => {
  let bed: LibvirtBed;
  beforeAll(async () => {
    bed = await LibvirtBed.make({ workload: STEADY });
  });
  beforeEach(async () => await bed.turnAround());
  afterAll(async () => await bed?.[Symbol.asyncDispose]());

  test('virsh is killed: the job goes on, and so does switchover', async () => {
    const running = bed.migrate('--json');
    await running.says(/^pass 1/m);
    await killVirsh(running, 'migrate');
    const ran = await running.ended;
    expect(documentFrom(ran)).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    expect(ran.status).toBe(0);
    await bed.verify(bed.destination);
  });

  test('the virsh that tells the events is killed: boundaries are still found', async () => {
    const running = bed.migrate('--json');
    await running.says(/^pass 1/m);
    await killVirsh(running, 'event');
    const ran = await running.ended;
    expect(documentFrom(ran)).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    await bed.verify(bed.destination);
  });

  test("the destination's libvirtd is killed: failed, the guest runs on the source (exit 4)", async () => {
    const running = bed.migrate('--policy', 'stock', '--json');
    await running.says(/^pass 2/m);
    await bed.destination.stopLibvirtd('SIGKILL');
    const ended = running.ended;
    await bed.destination.startLibvirtd();
    const ran = await ended;
    expect(documentFrom(ran)).toMatchObject({ outcome: 'failed', runsOn: 'source' });
    expect(ran.status).toBe(4);
    await bed.verify(bed.source);
    // What was left of the guest there it ends by itself, in its own time.
    const there = async () => await bed.destination.virsh('list', '--name');
    await expect.poll(there, { timeout: 60_000 }).not.toMatch(/vm1/);
  });

  test("the source's libvirtd is killed and comes back: failed, the guest runs on the source (exit 4)", async () => {
    const running = bed.migrate('--policy', 'stock', '--json');
    await running.says(/^pass 2/m);
    await bed.source.stopLibvirtd('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await bed.source.startLibvirtd();
    const ran = await running.ended;
    expect(documentFrom(ran)).toMatchObject({ outcome: 'failed', runsOn: 'source' });
    expect(ran.status).toBe(4);
    await bed.verify(bed.source);
  });

  test('the link is cut: given up after --stall-timeout, the guest runs on the source (exit 4)', async () => {
    const running = bed.migrate('--policy', 'stock', '--json', '--stall-timeout', '3s');
    await running.says(/^pass 2/m);
    await bed.lab.link.cut();
    const ran = await running.ended;
    await bed.lab.link.restore();
    expect(documentFrom(ran)).toMatchObject({
      outcome: 'failed',
      runsOn: 'source',
      reason: expect.stringMatching(/nothing reached the destination for 3 s/),
    });
    expect(ran.status).toBe(4);
    await bed.verify(bed.source);
  });

  test('somebody aborts the job: cancelled or failed, and it says that it was not us', async () => {
    const running = bed.migrate('--policy', 'stock', '--json');
    await running.says(/^pass 2/m);
    await bed.source.virsh('domjobabort', bed.guest.uuid);
    const ran = await running.ended;
    const { outcome, runsOn, reason } = documentFrom(ran);
    // QEMU 10.0 ends one cancel in six as a failure of the socket that it closed itself.
    expect(['cancelled', 'failed']).toContain(outcome);
    expect(runsOn).toBe('source');
    expect(reason).toMatch(/somebody else|migration out/);
    await bed.verify(bed.source);
  });
});

/** Kills the virsh of that command that this switchover has started. */
async function killVirsh(running: Running, command: string): Promise<void> {
  const pids = await promisify(execFile)('pgrep', [
    '-P',
    String(running.process.pid),
    '-f',
    `^virsh .* ${command} `,
  ]);
  for (const pid of pids.stdout.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
}
