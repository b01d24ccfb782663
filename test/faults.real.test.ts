/**
 * Everything that goes wrong around a migration, made for real: one clear sentence, the right exit status,
 * and the guest runs on with all its memory.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { oldQemu } from '../lab/old-qemu.ts';
import { documentFrom, type Ran, Running, switchover } from '../lab/switchover-process.ts';
import { connectQmp } from '../src/hypervisor/qemu/qmp/client.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await Bed.make(LOOP);
});
afterAll(async () => await bed?.[Symbol.asyncDispose]());

/** The guest is where it was, at work, and has lost nothing. */
async function expectSourceRuns(): Promise<void> {
  expect(await bed.pair.source.runState()).toBe('running');
  await bed.verify('source');
}

/** The lines that speak to the user, without progress. */
function sentences(ran: Ran): string[] {
  return ran.stderr.split('\n').filter((line) => line.startsWith('switchover: '));
}

describe('refused before anything is touched: exit 3, one sentence', () => {
  afterEach(async () => {
    // A destination that was touched would not wait any more, or would have another address.
    expect(bed.pair.destination.alive()).toBe(true);
    await expectSourceRuns();
  });

  const refused = (ran: Ran, ...patterns: RegExp[]) => {
    expect(ran.stdout).toBe('');
    expect(sentences(ran)).toEqual(patterns.map((pattern) => expect.stringMatching(pattern)));
    expect(ran.status).toBe(3);
  };

  test('no such socket, on both sides at once', async () =>
    refused(
      await switchover('migrate', 'qmp:/nonexistent/a', 'qmp:/nonexistent/b', ...bed.common()),
      /refused: qmp:\/nonexistent\/a: .*No QMP socket/,
      /refused: qmp:\/nonexistent\/b: .*No QMP socket/,
    ));

  test('an address of no known form', async () =>
    refused(
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
      refused(await switchover('migrate', `qmp:${folder}/ssh`, bed.destination, ...bed.common()), /SSH-2\.0/);
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });

  test('a monitor that somebody else holds', async () => {
    await using _holder = await connectQmp(bed.pair.source.qmpPath);
    refused(
      await switchover('migrate', bed.source, bed.destination, ...bed.common()),
      /refused: .*(busy|another client|holds)/i,
    );
  });

  test('a migrate URI that is none', async () =>
    refused(
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
    refused(
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
    refused(
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
    await expectSourceRuns();
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
    expect(sentences(ran)).toEqual([expect.stringMatching(sentence)]);
    expect(ran.status).toBe(3);
  });

  test('not waiting for a migration', async () => {
    const ran = await switchover('migrate', bed.source, bed.source.replace(/qmp$/, 'qmp2'), ...bed.common());
    expect(sentences(ran)).toEqual([
      expect.stringMatching(/is not waiting for a migration \(it is running\).*-incoming defer/),
    ]);
    expect(ran.status).toBe(3);
  });
});

describe('wrong usage: exit 2, one sentence that names the option', () => {
  test.each([
    [['--downtime', '300'], /--downtime.*"300" is not a duration/],
    [['--max-downtime', '-1s'], /--max-downtime.*not a duration/],
    [['--downtime', '2s', '--max-downtime', '1s'], /--downtime .* is longer than --max-downtime/],
    [['--max-downtime', '0s'], /--max-downtime must be above zero/],
    [['--max-downtime', '1h'], /2000 s/],
    [['--bandwidth', 'fast'], /--bandwidth.*"fast" is not a rate/],
    [['--policy', 'hope'], /--policy.*hope.*mp, relaxed, stock/],
    [['--policy-option', 'min-shrink=150%'], /min-shrink.*not a percentage/],
    [['--policy-option', 'magic=1'], /no parameter "magic"/],
    [['--over-budget', 'pray'], /--over-budget.*pray/],
    [['--json', '--output', 'jsonl'], /exclude each other/],
    [['--no-such-flag'], /unknown option '--no-such-flag'/],
  ])('%j', async (args, sentence) => {
    const ran = await switchover('migrate', 'qmp:/a', 'qmp:/b', '--migrate-uri', 'tcp:h:1', ...args);
    expect(ran.stderr).toMatch(sentence);
    expect(ran.stderr.split('\n').length).toBeLessThanOrEqual(3);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
  });

  test('no migrate URI', async () => {
    const ran = await switchover('migrate', 'qmp:/a', 'qmp:/b');
    expect(ran).toMatchObject({ status: 2, stderr: expect.stringContaining('--migrate-uri is needed') });
  });

  test('the same from the environment', async () => {
    const ran = await new Running(['migrate', 'qmp:/a', 'qmp:/b', '--migrate-uri', 'tcp:h:1'], {
      SWITCHOVER_DOWNTIME: 'soon',
    }).ended;
    expect(ran).toMatchObject({ status: 2, stderr: expect.stringContaining('"soon" is not a duration') });
  });
});

describe('a migration that goes wrong under way', () => {
  beforeEach(async () => {
    await bed.lab.link.restore();
    // What the attempt before has left behind.
    await bed.pair.startDestination();
  });
  afterEach(async () => await expectSourceRuns());

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
    expect(documentFrom(ran)).toMatchObject({
      outcome: 'failed',
      runsOn: 'source',
      reason: expect.stringMatching(/No route to host|nothing reached/),
    });
    expect(ran.status).toBe(4);
  });

  test('the destination is killed in the middle of a pass: exit 4', async () => {
    const running = await bed.migrate('--policy', 'stock', '--json');
    await running.says(/^pass 2/m);
    bed.pair.destination.kill();
    const ran = await running.ended;
    expect(documentFrom(ran)).toMatchObject({ outcome: 'failed', runsOn: 'source' });
    expect(ran.status).toBe(4);
  });

  test('the link is cut in the middle of a pass: exit 4 after --stall-timeout', async () => {
    const running = await bed.migrate('--policy', 'stock', '--json', '--stall-timeout', '2s');
    await running.says(/^pass 2/m);
    await bed.lab.link.cut();
    const ran = await running.ended;
    expect(documentFrom(ran)).toMatchObject({
      outcome: 'failed',
      runsOn: 'source',
      reason: expect.stringContaining('nothing reached the destination for 2 s'),
    });
    expect(ran.status).toBe(4);
  });

  test('the link is cut while the guest is stopped: it is resumed at --max-downtime', async () => {
    const running = await bed.migrate('--json', '--max-downtime', '4s');
    await running.says(/the guest stopped on the source/);
    await bed.lab.link.cut();
    const ran = await running.ended;
    const document = documentFrom(ran);
    expect(document).toMatchObject({
      outcome: 'aborted',
      runsOn: 'source',
      reason: expect.stringContaining('was stopped for --max-downtime 4 s'),
    });
    // The promise: stated 4 s, and the guest runs again right then.
    expect(document.pauseMs).toBeGreaterThanOrEqual(4000);
    expect(document.pauseMs).toBeLessThan(4500);
    expect(ran.status).toBe(5);
  });

  test('the destination is killed while the guest is stopped: exit 4', async () => {
    const running = await bed.migrate('--json');
    await running.says(/the guest stopped on the source/);
    bed.pair.destination.kill();
    const ran = await running.ended;
    expect(documentFrom(ran)).toMatchObject({ outcome: 'failed', runsOn: 'source' });
    expect(ran.status).toBe(4);
  });

  test('--timeout: exit 5', async () => {
    const ran = await (await bed.migrate('--json', '--timeout', '2s')).ended;
    const document = documentFrom(ran);
    expect(document).toMatchObject({
      outcome: 'aborted',
      runsOn: 'source',
      reason: expect.stringContaining('--timeout 2 s'),
    });
    expect(document.totalMs).toBeLessThan(4000);
    expect(ran.status).toBe(5);
  });

  test('somebody else cancels it: exit 5', async () => {
    const running = await bed.migrate('--policy', 'stock', '--json');
    await running.says(/^pass 2/m);
    await using other = await connectQmp(bed.pair.source.monitor2Path);
    await other.execute('migrate_cancel');
    const ran = await running.ended;
    expect(documentFrom(ran)).toMatchObject({
      outcome: 'cancelled',
      runsOn: 'source',
      reason: expect.stringContaining('somebody else'),
    });
    expect(ran.status).toBe(5);
  });

  test('somebody stopped the guest meanwhile: after the cancel it is resumed', async () => {
    const running = await bed.migrate('--policy', 'stock', '--json', '--max-downtime', '1s');
    await running.says(/^pass 2/m);
    await using other = await connectQmp(bed.pair.source.monitor2Path);
    // What KubeVirt, CloudStack and virsh do: QEMU now drains the pass with the guest stopped.
    await other.execute('stop');
    const ran = await running.ended;
    expect(documentFrom(ran)).toMatchObject({ outcome: 'aborted', runsOn: 'source' });
    expect(documentFrom(ran).effects).toContainEqual(expect.objectContaining({ did: 'cont on the source' }));
    expect(ran.status).toBe(5);
  });

  test('Ctrl-C once: cancelled, exit 5, and the settings of QEMU are put back', async () => {
    await using other = await connectQmp(bed.pair.source.monitor2Path);
    const before = await other.execute('query-migrate-parameters');
    const running = await bed.migrate('--json', '--downtime', '123ms', '--bandwidth', '400mbit');
    await running.says(/^pass 2/m);
    expect((await other.execute('query-migrate-parameters'))['downtime-limit']).toBe(123);
    running.process.kill('SIGINT');
    const ran = await running.ended;
    expect(documentFrom(ran)).toMatchObject({
      outcome: 'cancelled',
      runsOn: 'source',
      reason: expect.stringContaining('Ctrl-C'),
    });
    expect(ran.status).toBe(5);
    expect(await other.execute('query-migrate-parameters')).toEqual(before);
  });

  test.each(['SIGTERM', 'SIGHUP'] as const)(
    '%s only detaches, and attach takes over and cancels by its limit',
    async (signal) => {
      const running = await bed.migrate('--policy', 'stock', '--json');
      await running.says(/^pass 2/m);
      running.process.kill(signal);
      const ran = await running.ended;
      expect(ran.status).toBe(130);
      expect(documentFrom(ran)).toMatchObject({ outcome: 'detached' });
      const attached = await switchover(
        'attach',
        bed.source,
        '--state-dir',
        bed.stateDir,
        '--max-downtime',
        '500ms',
        '--json',
      );
      expect(attached.status).toBe(5);
      expect(attached.stderr).toMatch(/the destination is qmp:.*, says the journal/);
      expect(documentFrom(attached)).toMatchObject({
        outcome: 'aborted',
        runsOn: 'source',
        memoryIntensive: true,
      });
    },
  );

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
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', small]);
    try {
      const ran = await new Running([
        ...[
          'migrate',
          bed.source,
          bed.destination,
          '--migrate-uri',
          bed.pair.migrateUri,
          '--state-dir',
          small,
        ],
        ...['--max-downtime', '1s', '--json'],
      ]).ended;
      const document = documentFrom(ran);
      expect(document).toMatchObject({ outcome: 'aborted', runsOn: 'source', memoryIntensive: true });
      expect(document.warnings).toEqual([
        expect.stringMatching(/can no longer be written \(no space left on the disk\)/),
      ]);
      expect(ran.status).toBe(5);
    } finally {
      execFileSync('umount', [small]);
      rmSync(small, { recursive: true });
    }
  });
});

describe('what ends on the destination', () => {
  let own: Bed;
  beforeEach(async () => {
    own = await Bed.make(LOOP);
  });
  afterEach(async () => await own?.[Symbol.asyncDispose]());

  test('kill -9 in the middle, then attach finishes the job', async () => {
    const running = await own.migrate();
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

  test('Ctrl-C twice: detached, exit 130, and QEMU goes on', async () => {
    // Relaxed: it will end by itself, which shows that it went on.
    const running = await own.migrate('--policy', 'relaxed', '--max-downtime', '4s');
    await running.says(/^pass 1/m);
    running.process.kill('SIGINT');
    await running.says(/cancelling/);
    running.process.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    expect(await own.pair.source.runState()).toBe('running');
    await expect.poll(async () => await own.pair.destination.runState(), { timeout: 20_000 }).toBe('running');
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
  for (const { remainingBytes } of document.boundaries) expect(remainingBytes).toBeGreaterThan(120e6);
  expect(ran.status).toBe(0);
  await own.verify('destination');
});

describe('QEMU 7.2', () => {
  test('a TCG guest is refused, for it would lose memory; with --force it moves', async ({ skip }) => {
    const qemuBinary = await oldQemu();
    if (qemuBinary === undefined) return skip('this distribution has no QEMU 7.2');
    await using own = await Bed.make(LOOP, { source: { qemuBinary }, destination: { qemuBinary } });
    const unforced = ['--migrate-uri', own.pair.migrateUri, '--state-dir', own.stateDir];
    const refused = await switchover('migrate', own.source, own.destination, ...unforced);
    expect(refused.status).toBe(3);
    expect(sentences(refused)).toEqual([expect.stringMatching(/QEMU 7\.2.* loses guest writes .*--force/)]);
    // The lab gives such a QEMU a memory size that does not run into its bug.
    const forced = await (await own.migrate('--json')).ended;
    expect(documentFrom(forced)).toMatchObject({
      outcome: 'completed',
      runsOn: 'destination',
      memoryIntensive: true,
    });
    await own.verify('destination');
  });
});
