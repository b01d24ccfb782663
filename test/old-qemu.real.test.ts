import { describe, expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { oldQemu } from '../lab/old-qemu.ts';
import { documentFrom, switchover } from '../lab/switchover-process.ts';
import { sentences } from './expectations.ts';

describe('QEMU 7.2', () => {
  test('a TCG guest is refused, for it would lose memory; with --force it moves', async ({ skip }) => {
    const qemuBinary = await oldQemu();
    if (qemuBinary === undefined) return skip('this distribution has no QEMU 7.2');
    await using own = await Bed.make(LOOP, { source: { qemuBinary }, destination: { qemuBinary } });
    const unforced = ['--migrate-uri', own.pair.migrateUri, '--state-dir', own.stateDir];
    const refused = await switchover('migrate', own.source, own.destination, ...unforced);
    expect(refused.status).toBe(3);
    expect(sentences(refused)).toEqual([
      expect.stringMatching(/QEMU before 9\.0 loses guest writes .*--force/),
    ]);
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
