/** The drivers' contract with guests on KVM. */
import { verifyArrival } from '../../lab/arrival.ts';
import { openLab } from '../../lab/lab.ts';
import { openLibvirtLab } from '../../lab/libvirt/libvirt-lab.ts';
import { type ContractScale, hypervisorContract } from '../../src/hypervisor/hypervisor.contract.ts';
import { domainAddress } from '../../src/hypervisor/libvirt/address.ts';
import { LibvirtHypervisor } from '../../src/hypervisor/libvirt/libvirt-hypervisor.ts';
import { QemuHypervisor } from '../../src/hypervisor/qemu/qemu-hypervisor.ts';
import { MEMORY_MIB, WORKLOAD } from './guest.ts';

/** Faster than in the other tests: the contract allows QEMU a pause of 4 s. */
const LINK = { rateBitsPerSecond: 240e6 };
const SCALE: ContractScale = {
  workingSetBytes: 64 * 2 ** 20,
  // A fifth of its pace: the guest writes in bursts, and the emulated machine stops now and then.
  dirtyBytesPerSecond: 10e6,
  lineRateBytesPerSecond: 28e6,
  // The emulated machine may stand still for as long as the real one is busy.
  longestPauseMs: 60_000,
};
const MEMORY = { memoryBytes: MEMORY_MIB * 2 ** 20, scale: SCALE };

hypervisorContract('QEMU through QMP, on KVM', async () => {
  const lab = await openLab(LINK);
  const pair = await lab.startPair({ workload: WORKLOAD, memoryMiB: MEMORY_MIB });
  await pair.ready();
  const before = await pair.source.status();
  return {
    ...MEMORY,
    hypervisor: new QemuHypervisor(),
    vm: `qmp:${pair.source.qmpPath}`,
    destination: { vm: `qmp:${pair.destination.qmpPath}`, migrateUri: pair.migrateUri, listenUri: undefined },
    nowhere: `qmp:${lab.folder}/nobody`,
    nowhereCode: 'no-socket',
    nowhereState: 'unreachable',
    suspendedThenCancelled: 'paused',
    unreachable: `qmp:${lab.folder}/nobody2`,
    renewDestination: async () => {
      await pair.startDestination();
    },
    verifyGuest: async (side) => {
      const arrival = await verifyArrival(before, pair[side]);
      if (!arrival.ok) throw new Error(arrival.reason);
    },
    [Symbol.asyncDispose]: async () => await lab.close(),
  };
});

hypervisorContract('libvirt through virsh, on KVM', async () => {
  const lab = await openLibvirtLab(LINK);
  const [source, destination] = lab.hosts;
  const guest = await lab.startGuest(source, { name: 'vm1', workload: WORKLOAD, memoryMiB: MEMORY_MIB });
  const before = await guest.status();
  return {
    ...MEMORY,
    hypervisor: new LibvirtHypervisor(),
    vm: domainAddress(source.uri, 'vm1'),
    destination: {
      vm: domainAddress(destination.uri, 'vm1'),
      peerUri: destination.tcpUri,
      migrateUri: undefined,
      listenUri: undefined,
    },
    nowhere: domainAddress(source.uri, 'nobody'),
    nowhereCode: 'no-domain',
    nowhereState: 'gone',
    suspendedThenCancelled: 'running',
    unreachable: domainAddress(`qemu+unix:///system?socket=${lab.folder}/nobody`, 'vm1'),
    renewDestination: async () => {},
    verifyGuest: async () => {
      const arrival = await verifyArrival(before, guest);
      if (!arrival.ok) throw new Error(arrival.reason);
    },
    [Symbol.asyncDispose]: async () => await lab.close(),
  };
});
