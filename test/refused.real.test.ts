/** What is refused before anything is touched, on real QEMU: one clear sentence, exit 3, and both sides as they were. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { switchover } from '../lab/switchover-process.ts';
import { connectQmp } from '../src/hypervisor/qemu/qmp/client.ts';
import { expectRefused, expectSourceRuns } from './expectations.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await Bed.make(LOOP);
});
afterAll(async () => await bed?.[Symbol.asyncDispose]());

describe('refused before anything is touched: exit 3, one sentence', () => {
  afterEach(async () => {
    // A destination that was touched would not wait any more, or would have another address.
    expect(bed.pair.destination.alive()).toBe(true);
    await expectSourceRuns(bed);
  });

  test('no such socket, on both sides at once', async () =>
    expectRefused(
      await switchover('migrate', 'qmp:/nonexistent/a', 'qmp:/nonexistent/b', ...bed.common()),
      /refused: qmp:\/nonexistent\/a: .*No QMP socket/,
      /refused: qmp:\/nonexistent\/b: .*No QMP socket/,
    ));

  test('an address of no known form', async () =>
    expectRefused(
      await switchover('migrate', bed.pair.source.qmpPath, bed.destination, ...bed.common()),
      /is no QEMU address: write qmp:/,
    ));

  test('a socket that is not QMP', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-'));
    const server = net.createServer((socket) =>
      socket.on('error', () => {}).write('SSH-2.0-OpenSSH_9.2\r\n'),
    );
    await new Promise<void>((resolve) => server.listen(path.join(folder, 'ssh'), resolve));
    try {
      expectRefused(
        await switchover('migrate', `qmp:${folder}/ssh`, bed.destination, ...bed.common()),
        /SSH-2\.0/,
      );
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });

  test('a monitor that somebody else holds', async () => {
    await using _holder = await connectQmp(bed.pair.source.qmpPath);
    expectRefused(
      await switchover('migrate', bed.source, bed.destination, ...bed.common()),
      /refused: .*(busy|another client|holds)/i,
    );
  });

  test('a migrate URI that is none', async () =>
    expectRefused(
      await switchover(
        'migrate',
        bed.source,
        bed.destination,
        '--migrate-uri',
        '10.77.0.2:4444',
        '--state-dir',
        bed.stateDir,
      ),
      /"10.77.0.2:4444" is no migrate URI .*tcp:/,
    ));

  test('a destination address that cannot be bound', async () => {
    expectRefused(
      await switchover(
        'migrate',
        bed.source,
        bed.destination,
        '--migrate-uri',
        'tcp:192.0.2.1:4444',
        '--state-dir',
        bed.stateDir,
      ),
      /the destination cannot listen on tcp:192.0.2.1:4444/,
    );
    // Nothing was begun, so there is no journal either.
    expect((await switchover('list', '--state-dir', bed.stateDir)).stdout).toBe('');
  });

  test('a journal folder that cannot be written', async () => {
    const file = path.join(bed.stateDir, 'a-file');
    writeFileSync(file, '');
    expectRefused(
      await switchover(
        'migrate',
        bed.source,
        bed.destination,
        '--migrate-uri',
        bed.pair.migrateUri,
        '--state-dir',
        `${file}/x`,
      ),
      /the journal cannot be written in .*a-file\/x.*a part of the path is a file.*--state-dir/,
    );
  });

  test('--dry-run finds nothing against a good pair and touches neither', async () => {
    const ran = await (await bed.migrate('--dry-run')).ended;
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing forbids it') });
  });
});

describe('a destination that does not fit', () => {
  afterEach(async () => {
    await bed.pair.startDestination({});
    await expectSourceRuns(bed);
  });

  test.each([
    [
      'memory size',
      { memoryMiB: 256 },
      /the memory sizes differ: 512 MiB on the source, 256 MiB on the destination/,
    ],
    ['machine type', { machine: 'q35' }, /the machine types differ: pc-i440fx.* on the source, pc-q35/],
  ])('another %s', async (_, overrides, sentence) => {
    await bed.pair.startDestination(overrides);
    const ran = await (await bed.migrate()).ended;
    expectRefused(ran, sentence);
  });

  test('not waiting for a migration', async () => {
    const ran = await switchover('migrate', bed.source, bed.source.replace(/qmp$/, 'qmp2'), ...bed.common());
    expectRefused(ran, /is not waiting for a migration \(it is running\).*-incoming defer/);
  });
});
