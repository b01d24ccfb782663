/** What goes wrong under way, made for real: the guest runs on at the source with all its memory, and that is said. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { asRoot, run } from '../lab/run.ts';
import { documentFrom, Running, switchover } from '../lab/switchover-process.ts';
import { connectQmp } from '../src/hypervisor/qemu/qmp/client.ts';
import { expectEnd, expectSourceRuns, sentences } from './expectations.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await Bed.make(LOOP);
});
afterAll(async () => await bed?.[Symbol.asyncDispose]());

describe('a migration that goes wrong under way', () => {
  beforeEach(async () => {
    await bed.lab.link.restore();
    // What the attempt before has left behind.
    await bed.pair.startDestination();
  });
  afterEach(async () => await expectSourceRuns(bed));

  test('an unreachable migrate URI: exit 4', async () => {
    // The destination listens, but the source is told an address on the link at which nobody answers.
    const ran = await new Running([
      ...[
        'migrate',
        bed.source,
        bed.destination,
        '--state-dir',
        bed.stateDir,
        '--json',
        '--stall-timeout',
        '3s',
      ],
      ...['--migrate-uri', 'tcp:10.77.0.99:4444', '--listen-uri', bed.pair.migrateUri],
    ]).ended;
    expectEnd(ran, 4, 'failed', 'source', /No route to host|nothing reached/);
  });

  test('the destination is killed in the middle of a pass: exit 4', async () => {
    const running = await bed.migrate('--policy', 'stock', '--json');
    await running.says(/^pass 2/m);
    bed.pair.destination.kill();
    const ran = await running.ended;
    expectEnd(ran, 4, 'failed', 'source');
  });

  test('the link is cut in the middle of a pass: exit 4 after --stall-timeout', async () => {
    const running = await bed.migrate('--policy', 'stock', '--json', '--stall-timeout', '2s');
    await running.says(/^pass 2/m);
    await bed.lab.link.cut();
    const ran = await running.ended;
    expectEnd(ran, 4, 'failed', 'source', /nothing reached the destination for 2 s/);
  });

  test('the link is cut while the guest is stopped: it is resumed at --max-downtime', async () => {
    const running = await bed.migrate('--json', '--max-downtime', '4s');
    await running.says(/the guest stopped on the source/);
    await bed.lab.link.cut();
    const ran = await running.ended;
    const document = expectEnd(ran, 5, 'aborted', 'source', /was stopped for --max-downtime 4 s/);
    // The promise: stated 4 s, and the guest runs again right then.
    expect(document.pauseMs).toBeGreaterThanOrEqual(4000);
    expect(document.pauseMs).toBeLessThan(4500);
  });

  test('the destination is killed while the guest is stopped: exit 4', async () => {
    const running = await bed.migrate('--json');
    await running.says(/the guest stopped on the source/);
    bed.pair.destination.kill();
    const ran = await running.ended;
    expectEnd(ran, 4, 'failed', 'source');
  });

  test('--timeout: exit 5', async () => {
    const ran = await (await bed.migrate('--json', '--timeout', '2s')).ended;
    const document = expectEnd(ran, 5, 'aborted', 'source', /--timeout 2 s/);
    expect(document.totalMs).toBeLessThan(4000);
  });

  test('somebody else cancels it: exit 5, or 4 where QEMU itself calls it a failure', async () => {
    const running = await bed.migrate('--policy', 'stock', '--json');
    await running.says(/^pass 2/m);
    await using other = await connectQmp(bed.pair.source.monitor2Path);
    await other.execute('migrate_cancel');
    const ran = await running.ended;
    // One in six times QEMU 10.0 goes from `active` straight to `failed`, with the error of the socket that it
    // shut down itself: nothing tells that from a lost link. Our own cancels we know.
    if (ran.status === 4) expectEnd(ran, 4, 'failed', 'source', /Broken pipe|Input\/output error/);
    else expectEnd(ran, 5, 'cancelled', 'source', /somebody else/);
  });

  test('somebody stopped the guest meanwhile: it is told, and after the cancel it is left as that one wants it', async () => {
    const running = await bed.migrate('--policy', 'stock', '--json', '--max-downtime', '1s');
    await running.says(/^pass 2/m);
    await using other = await connectQmp(bed.pair.source.monitor2Path);
    // What KubeVirt, CloudStack and virsh do: QEMU now drains the pass with the guest stopped.
    await other.execute('stop');
    running.process.kill('SIGINT');
    const ran = await running.ended;
    const document = expectEnd(ran, 5, 'cancelled', 'source', /stopped there by somebody else/);
    expect(document.warnings).toContainEqual(
      expect.stringMatching(/stopped by somebody else .*not for the switchover/),
    );
    expect(document.effects).not.toContainEqual(expect.objectContaining({ did: 'cont on the source' }));
    expect((await other.execute('query-status')).status).toBe('paused');
    await other.execute('cont');
  });

  test('Ctrl-C once: cancelled, exit 5, and the settings of QEMU are put back', async () => {
    await using other = await connectQmp(bed.pair.source.monitor2Path);
    const before = await other.execute('query-migrate-parameters');
    const running = await bed.migrate(
      ...['--policy', 'stock', '--json', '--downtime', '123ms', '--bandwidth', '400mbit'],
    );
    await running.says(/^pass 2/m);
    expect((await other.execute('query-migrate-parameters'))['downtime-limit']).toBe(123);
    running.process.kill('SIGINT');
    const ran = await running.ended;
    expectEnd(ran, 5, 'cancelled', 'source', /Ctrl-C/);
    expect(await other.execute('query-migrate-parameters')).toEqual(before);
  });

  test('SIGTERM only detaches, and attach takes over and cancels by its limit', async () => {
    const running = await bed.migrate('--policy', 'stock', '--json');
    await running.says(/^pass 2/m);
    running.process.kill('SIGTERM');
    const ran = await running.ended;
    expect(ran.status).toBe(130);
    expect(documentFrom(ran)).toMatchObject({
      outcome: 'detached',
      reason: expect.stringContaining(
        'stands still on the destination until `switchover attach` lets it run',
      ),
    });
    const attached = await switchover(
      ...['attach', bed.source, '--state-dir', bed.stateDir],
      // Without a probe the default would watch for longer.
      ...['--policy', 'mp', '--max-downtime', '500ms', '--json'],
    );
    expect(attached.status).toBe(5);
    expect(attached.stderr).toMatch(/the destination is qmp:.*, says the journal/);
    expect(documentFrom(attached)).toMatchObject({
      outcome: 'aborted',
      runsOn: 'source',
      memoryIntensive: true,
    });
  });

  test('SIGHUP changes nothing: the migration is followed to its end', async () => {
    const running = await bed.migrate('--policy', 'stock', '--json', '--timeout', '12s');
    await running.says(/^pass 2/m);
    running.process.kill('SIGHUP');
    const ran = await running.ended;
    expectEnd(ran, 5, 'aborted', 'source', /--timeout 12 s/);
    expect(ran.stderr).toMatch(/the terminal is closed/);
  });

  test('an already running migration is not started again: exit 3', async () => {
    const running = await bed.migrate('--policy', 'stock');
    await running.says(/^pass 2/m);
    running.process.kill('SIGTERM');
    await running.ended;
    const again = await switchover('migrate', bed.source, bed.destination, ...bed.common());
    expect(again.status).toBe(3);
    expect(sentences(again)[0]).toMatch(/is migrating already: take it over with `switchover attach/);
    await using other = await connectQmp(bed.pair.source.monitor2Path);
    await other.execute('migrate_cancel');
  });

  test('a disk that fills up does not disturb it, and is told', async () => {
    const small = mkdtempSync(path.join(os.tmpdir(), 'switchover-full-'));
    await run(asRoot(['mount', '-t', 'tmpfs', '-o', 'size=1m,mode=755', 'tmpfs', small]));
    try {
      // For long enough that there is more to write than the last page of each file has room for.
      const how = ['--policy', 'stock', '--timeout', '15s', '--json', '--state-dir', small];
      const running = new Running([
        ...['migrate', bed.source, bed.destination, '--migrate-uri', bed.pair.migrateUri],
        ...how,
      ]);
      await running.says(/^pass 1/m);
      fill(path.join(small, 'filler'));
      const ran = await running.ended;
      const document = documentFrom(ran);
      expect(document).toMatchObject({ outcome: 'aborted', runsOn: 'source' });
      expect(document.warnings).toContainEqual(
        expect.stringMatching(/cannot be written \(no space left on the disk\): the migration goes on/),
      );
      expect(ran.status).toBe(5);
    } finally {
      await run(asRoot(['umount', small]));
      rmSync(small, { recursive: true });
    }
  });
});

/** Until nothing more fits onto its disk. */
function fill(file: string): void {
  const page = Buffer.alloc(4096);
  const handle = openSync(file, 'w');
  try {
    for (;;) writeSync(handle, page);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(handle);
  }
}
