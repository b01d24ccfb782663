/** Several connections, and pages compressed on each, between real QEMUs and between real libvirt hosts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import { askMonitor } from '../lab/monitor.ts';
import { documentFrom } from '../lab/switchover-process.ts';
import type { MigrationDocument } from '../src/journal/document.ts';
import { expectRefused, expectSourceRuns } from './expectations.ts';

// 82 MB/s, and half of that on a machine that is busy with others; most of each page is as it was.
const WORKLOAD = { kind: 'loop', wssMiB: 128, page: 'word', pagesPerSecond: 20_000 } as const;

describe('between QEMUs', () => {
  let bed: Bed;
  beforeAll(async () => {
    // 30 MB/s.
    bed = await Bed.make(WORKLOAD, {}, { rateBitsPerSecond: 240e6 });
  });
  afterAll(async () => await bed?.[Symbol.asyncDispose]());

  async function arrives(...args: string[]): Promise<MigrationDocument> {
    const ran = await (await bed.migrate('--json', ...args)).ended;
    const document = documentFrom(ran);
    expect(document, ran.stderr).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    await bed.verify('destination');
    return document;
  }

  /** By monitors of the test's own: what was set for the migration is as QEMU has it by itself. */
  async function expectPutBack(): Promise<void> {
    for (const side of ['source', 'destination'] as const) {
      const { monitor2Path } = bed.pair[side];
      const capabilities = (await askMonitor(monitor2Path, 'query-migrate-capabilities')) as {
        capability: string;
        state: boolean;
      }[];
      expect(capabilities).toContainEqual({ capability: 'multifd', state: false });
      expect(await askMonitor(monitor2Path, 'query-migrate-parameters')).toMatchObject({
        'multifd-channels': 2,
        'multifd-compression': 'none',
      });
    }
  }

  test('post-copy over several connections is refused on a QEMU before 10.1, and nothing is touched', async () => {
    const ran = await (await bed.migrate('--compress', 'zstd', '--over-budget', 'post-copy')).ended;
    expectRefused(
      ran,
      /together with post-copy needs QEMU 10\.1/,
      /together with post-copy needs QEMU 10\.1/,
    );
    await expectSourceRuns(bed);
    await expectPutBack();
  });

  test('a guest that is too much for one link arrives compressed, with next to no pause; uncompressed it needs one', async () => {
    const compressed = await arrives('--compress', 'zstd', '--parallel-connections', '3');
    expect(compressed.memoryIntensive).toBe(false);
    await expectPutBack();
    await bed.turnAround();
    const plain = await arrives('--parallel');
    expect(plain.memoryIntensive).toBe(true);
    await expectPutBack();
    expect(compressed.sentBytes).toBeLessThan(plain.sentBytes / 3);
    expect(compressed.pauseMs ?? Number.NaN).toBeLessThan((plain.pauseMs ?? 0) / 2);
  });

  test('whether it is worth it is seen at its pages, and said', async () => {
    await bed.turnAround();
    const slow = await (await bed.migrate('--dry-run', '--compress', 'auto', '--line-rate', '240mbit')).ended;
    expect(slow.stdout).toMatch(
      /note +compressed with zstd: a sample of [\d.]+ MB .* the line carries 30 MB\/s/,
    );
    const fast = await (await bed.migrate('--dry-run', '--compress', 'auto', '--line-rate', '100gbit')).ended;
    expect(fast.stdout).toMatch(/note +not compressed: a sample of/);
    expect((await arrives('--compress', 'auto', '--line-rate', '240mbit')).streams).toMatchObject({
      compression: 'zstd',
    });
    await expectPutBack();
  });
});

describe('a guest that writes random pages, and holds others that compress', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.make(LOOP);
  });
  afterAll(async () => await bed?.[Symbol.asyncDispose]());

  test('is not stopped by what compressing saves on what it holds: its 128 MiB need 2.3 s', async () => {
    const limits = ['--max-downtime', '2s', '--timeout', '8s'];
    const ran = await (await bed.migrate('--json', '--compress', 'zstd', ...limits)).ended;
    expect(documentFrom(ran), ran.stderr).toMatchObject({
      outcome: 'aborted',
      runsOn: 'source',
      pauseMs: null,
    });
    expect(ran.stderr).not.toMatch(/the guest stopped/);
    await bed.verify('source');
  });
});

describe('between libvirt hosts', () => {
  let bed: LibvirtBed;
  beforeAll(async () => {
    bed = await LibvirtBed.make({ workload: WORKLOAD });
  });
  afterAll(async () => await bed?.[Symbol.asyncDispose]());

  test('the same guest arrives compressed within a pause that its memory would not fit', async () => {
    // Less than it needs uncompressed, and more than a busy machine takes for it compressed. libvirt lets QEMU measure the wire, so the limit is converted.
    const ran = await bed.migrate(
      '--json',
      '--compress',
      'auto',
      '--line-rate',
      '480mbit',
      '--max-downtime',
      '1500ms',
    ).ended;
    const document = documentFrom(ran);
    expect(document, ran.stderr).toMatchObject({
      outcome: 'completed',
      runsOn: 'destination',
      streams: { connections: 2, compression: 'zstd' },
    });
    expect(document.sentBytes).toBeLessThan(document.guest.memoryBytes / 3);
    await bed.verify(bed.destination);
  });
});
