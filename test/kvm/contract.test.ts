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

/** virsh takes most of the emulated machine, and what is left to the guest must still be too much for the link. */
const SLOWER: BedGuest = {
  workload: { ...WORKLOAD, wssMiB: 32 },
  memoryMiB: MEMORY_MIB,
  link: { rateBitsPerSecond: 100e6 },
  scale: { ...GUEST.scale, workingSetBytes: 32 * 2 ** 20, lineRateBytesPerSecond: 11.8e6 },
};

hypervisorContract('libvirt through virsh, on KVM', () => libvirtBed(SLOWER));
