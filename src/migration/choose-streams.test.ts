/** `--compress auto`, decided by what a migration finds when it begins. */
import { describe, expect, test } from 'vitest';
import { RefusedError, type StartOptions } from '../hypervisor/hypervisor.ts';
import type { JournalEntry } from '../journal/journal-entry.ts';
import type { PageSample } from '../model/compression.ts';
import { forecast } from '../policy/forecast.ts';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { beginRun } from './begin.ts';
import { chooseStreams } from './choose-streams.ts';
import { RunBed, SOURCE, STAYED } from './testing/run-bed.ts';

const MB = 1e6;
const TEXT: PageSample = {
  bytes: 8 * MB,
  compressedBytes: 2 * MB,
  writtenLeft: 0.4,
  bytesPerSecond: 1000 * MB,
};
const AUTO = { connections: 3, compression: 'auto', otherwise: undefined } as const;
const ON_60_MB = { ...DEFAULT_LIMITS, lineRateBytesPerSecond: 60 * MB };

/** @returns what the hypervisor is started with, what was said, what the journal opens with, and what the policy knows */
async function begun(
  bed: RunBed,
  limits = ON_60_MB,
  streams: Parameters<typeof beginRun>[0]['streams'] = AUTO,
) {
  let started: StartOptions | undefined;
  bed.hypervisor.onStart = async (options) => {
    started = options;
  };
  const run = await beginRun({ ...bed.migrate(), kind: forecast(), limits, streams }, bed.parts);
  bed.hypervisor.migration.end(STAYED);
  await run.outcome;
  const entries: JournalEntry[] = [];
  for await (const entry of run.entries(0)) entries.push(entry);
  const foreseen = entries.find((entry) => entry.type === 'foreseen');
  return {
    ...{ started: started?.streams, said: bed.said.join('\n') },
    ...{ opened: entries[0], known: foreseen?.known },
  };
}

describe('a migration that decides by itself', () => {
  test('compresses where the pages and the line say so, and keeps in its journal that it did', async () => {
    using bed = new RunBed();
    bed.hypervisor.samplePages = async () => TEXT;
    const { started, said, opened, known } = await begun(bed);
    expect(started).toEqual({ connections: 3, compression: 'zstd' });
    expect(said).toMatch(/^compressed with zstd: a sample of 8 MB/);
    expect(known).toMatchObject({ compressed: true, written: { left: 0.4 } });
    expect(opened).toMatchObject({ type: 'opened', streams: { connections: 3, compression: 'zstd' } });
  });

  test('does not where the pages cannot be read', async () => {
    using bed = new RunBed();
    const { started, said, opened } = await begun(bed);
    expect(started).toBeUndefined();
    expect(said).toMatch(/^not compressed: the guest's pages cannot be read from here/);
    expect(opened).toMatchObject({ streams: null });
  });

  test('does not where one of the ends cannot, and is refused nothing for that', async () => {
    using bed = new RunBed();
    const { hypervisor } = bed;
    hypervisor.samplePages = async () => TEXT;
    hypervisor.lacking = ({ streams }) =>
      streams ? [new RefusedError('lacks-feature', 'no multifd there')] : [];
    const { started, said } = await begun(bed);
    expect(started).toBeUndefined();
    expect(said).toBe('not compressed: no multifd there');
  });

  test('keeps the connections that were asked for where it does not compress', async () => {
    using bed = new RunBed();
    const otherwise = { connections: 3, compression: 'none' } as const;
    expect((await begun(bed, ON_60_MB, { ...AUTO, otherwise })).started).toEqual(otherwise);
  });
});

test('the line is what the user says, or earlier migrations met; passes under a cap tell the cap alone', async () => {
  using bed = new RunBed();
  const guest = await bed.hypervisor.inspect(SOURCE);
  bed.hypervisor.samplePages = async () => ({ ...TEXT, bytesPerSecond: 200 * MB });
  const { destination, vm } = bed.migrate();
  const chosen = async (limits = DEFAULT_LIMITS, passTransfers = [{ durationMs: 1000, bytes: 60 * MB }]) => {
    const known = { memoryBytes: undefined, residentBytes: undefined, probes: [], earlierPasses: [] };
    const more = { firstPassBytes: undefined, passTransfers, switchoverTransfers: [], switchovers: [] };
    const checks = { force: false, postCopy: false, lineRateBytesPerSecond: undefined };
    const asked = { auto: AUTO, vm, destination, checks, limits, known: { ...known, ...more } };
    return (await chooseStreams(bed.hypervisor, guest, asked, 1)).streams !== undefined;
  };
  expect(await chosen()).toBe(true);
  expect(await chosen(DEFAULT_LIMITS, [])).toBe(false);
  expect(await chosen({ ...DEFAULT_LIMITS, lineRateBytesPerSecond: 1000 * MB })).toBe(false);
  expect(await chosen({ ...DEFAULT_LIMITS, bandwidthBytesPerSecond: 60 * MB })).toBe(true);
});
