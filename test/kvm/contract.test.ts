/** The drivers' contract with guests on KVM. */
import { hypervisorContract } from '../../src/hypervisor/hypervisor.contract.ts';
import { type BedGuest, libvirtBed, qemuBed } from '../../src/hypervisor/testing/contract-beds.ts';
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
    // The emulated machine may stand still for as long as the real one is busy.
    longestPauseMs: 60_000,
  },
};

hypervisorContract('QEMU through QMP, on KVM', () => qemuBed(GUEST));

hypervisorContract('libvirt through virsh, on KVM', () => libvirtBed(GUEST));
