/**
 * The guest of the tests on KVM. Paced, since flat out it would write at the emulated processor's speed, and what that
 * is depends on what else the machine does; a quarter of the usual size, for the same reason: it writes 49 MB/s where
 * the link carries 20, so no pass leaves less.
 */
import { Bed } from '../../lab/bed.ts';
import type { Workload } from '../../lab/guest/workload.ts';
import { faultOfPair, onSoundBed } from '../../lab/kvm/sound-bed.ts';
import { LibvirtBed } from '../../lab/libvirt/libvirt-bed.ts';

export const WORKLOAD: Workload = { kind: 'loop', wssMiB: 64, pagesPerSecond: 12_000 };
export const MEMORY_MIB = 256;
export const RATE_BITS_PER_SECOND = 160e6;

/** No migration here is to be given up because the emulated machine is slow: its pause is 3 to 4 s. */
export const PATIENT = ['--max-downtime', '20s', '--timeout', '600s', '--stall-timeout', '120s'];

export async function makeBed(): Promise<Bed> {
  return await Bed.make(WORKLOAD, { memoryMiB: MEMORY_MIB }, { rateBitsPerSecond: RATE_BITS_PER_SECOND });
}

export async function makeLibvirtBed(): Promise<LibvirtBed> {
  return await LibvirtBed.make(
    { workload: WORKLOAD, memoryMiB: MEMORY_MIB },
    { rateBitsPerSecond: RATE_BITS_PER_SECOND },
  );
}

/** A test on a bed of its own: on another one where the emulated machine failed it, and only there. */
export async function onBed(body: (bed: Bed) => Promise<void>, make = makeBed): Promise<void> {
  await onSoundBed(make, body, faultOfPair);
}
