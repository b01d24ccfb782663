/** A QEMU before 9.0 loses memory of emulated guests only: on KVM it is refused nothing, and loses nothing. */
import { expect, test } from 'vitest';
import { Bed } from '../../lab/bed.ts';
import { oldQemu } from '../../lab/old-qemu.ts';
import { expectEnd } from '../expectations.ts';
import { MEMORY_MIB, onBed, PATIENT, RATE_BITS_PER_SECOND, WORKLOAD } from './guest.ts';

test('QEMU 7.2 moves a KVM guest without --force, by two passes and more, with all its memory', async ({
  skip,
}) => {
  const qemuBinary = await oldQemu();
  if (qemuBinary === undefined) return skip('this distribution has no QEMU 7.2');
  const make = () =>
    Bed.make(
      WORKLOAD,
      { memoryMiB: MEMORY_MIB, source: { qemuBinary }, destination: { qemuBinary } },
      { rateBitsPerSecond: RATE_BITS_PER_SECOND },
    );
  await onBed(async (bed) => {
    expect(bed.common()).not.toContain('--force');
    // mp, since it takes a pass more: what loses memory is the sync between two passes.
    const ran = await (await bed.migrate('--policy', 'mp', ...PATIENT, '--json')).ended;
    const document = expectEnd(ran, 0, 'completed', 'destination');
    expect(document.guest).toMatchObject({
      accelerator: 'kvm',
      hypervisor: expect.stringMatching(/^QEMU 7\.2/),
    });
    expect(document.boundaries.length).toBeGreaterThan(2);
    await bed.verify('destination');
  }, make);
});
