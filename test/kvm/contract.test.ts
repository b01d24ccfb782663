/**
 * The QEMU driver's contract with guests on KVM, each test on a guest of its own, since the emulated machine breaks one now
 * and then. Nothing in libvirt's driver but what `libvirt.test.ts` looks at asks for the accelerator.
 */
import { faultOfPair, onSoundBed } from '../../lab/kvm/sound-bed.ts';
import type { QemuPair } from '../../lab/qemu-pair.ts';
import { type ContractBed, hypervisorContract } from '../../src/hypervisor/hypervisor.contract.ts';
import { type BedGuest, qemuBed } from '../../src/hypervisor/testing/contract-beds.ts';
import { MEMORY_MIB, WORKLOAD } from './guest.ts';

const GUEST: BedGuest = {
  workload: WORKLOAD,
  memoryMiB: MEMORY_MIB,
  // Faster than in the other tests: the contract allows QEMU a pause of 4 s.
  link: { rateBitsPerSecond: 240e6 },
  scale: {
    workingSetBytes: 64 * 2 ** 20,
    // A fifth of its pace: the guest writes in bursts, and the emulated machine stops now and then.
    dirtyBytesPerSecond: 10e6,
    lineRateBytesPerSecond: 28e6,
  },
};

const make = async (): Promise<ContractBed & { readonly pair: QemuPair }> => await qemuBed(GUEST);

hypervisorContract('QEMU through QMP, on KVM', make, async (body) => {
  await onSoundBed(make, body, faultOfPair);
});
