/** Real guests for the drivers' contract, on either accelerator. */
import { labAccelerator } from '../../../lab/accelerator.ts';
import { verifyArrival } from '../../../lab/arrival.ts';
import type { Workload } from '../../../lab/guest/workload.ts';
import { openLab } from '../../../lab/lab.ts';
import { openLibvirtLab } from '../../../lab/libvirt/libvirt-lab.ts';
import type { QemuPair } from '../../../lab/qemu-pair.ts';
import type { ContractBed, ContractScale } from '../hypervisor.contract.ts';
import { domainAddress } from '../libvirt/address.ts';
import { LibvirtHypervisor } from '../libvirt/libvirt-hypervisor.ts';
import { QemuHypervisor } from '../qemu/qemu-hypervisor.ts';

/** Left out: the lab's usual guest and link, which the contract's usual scale is of. */
export interface BedGuest {
  readonly link: { readonly rateBitsPerSecond: number };
  readonly workload: Workload;
  readonly memoryMiB: number;
  readonly scale: ContractScale;
}

const WORKLOAD: Workload = { kind: 'loop', wssMiB: 128 };
const MEMORY_MIB = 512;

export async function qemuBed(given?: BedGuest): Promise<ContractBed & { readonly pair: QemuPair }> {
  const memoryMiB = given?.memoryMiB ?? MEMORY_MIB;
  const lab = await openLab(given?.link);
  const pair = await lab.startPair({ workload: given?.workload ?? WORKLOAD, memoryMiB });
  await pair.ready();
  const before = await pair.source.status();
  return {
    pair,
    ...(given && { scale: given.scale }),
    memoryBytes: memoryMiB * 2 ** 20,
    hypervisor: new QemuHypervisor(),
    vm: `qmp:${pair.source.qmpPath}`,
    destination: { vm: `qmp:${pair.destination.qmpPath}`, migrateUri: pair.migrateUri, listenUri: undefined },
    nowhere: `qmp:${lab.folder}/nobody`,
    nowhereCode: 'no-socket',
    nowhereState: 'unreachable',
    suspendedThenCancelled: 'paused',
    brakesFromOutside: labAccelerator() === 'kvm',
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
}

export async function libvirtBed(): Promise<ContractBed> {
  const lab = await openLibvirtLab();
  const [source, destination] = lab.hosts;
  const guest = await lab.startGuest(source, {
    name: 'vm1',
    workload: WORKLOAD,
    memoryMiB: MEMORY_MIB,
  });
  const before = await guest.status();
  return {
    memoryBytes: MEMORY_MIB * 2 ** 20,
    hypervisor: new LibvirtHypervisor(),
    vm: domainAddress(source.uri, 'vm1'),
    destination: {
      vm: domainAddress(destination.uri, 'vm1'),
      peerUri: destination.tcpUri,
      // Only the hosts themselves reach it: the pre-flight would try it from here.
      migrateUri: undefined,
      listenUri: undefined,
    },
    nowhere: domainAddress(source.uri, 'nobody'),
    nowhereCode: 'no-domain',
    nowhereState: 'gone',
    suspendedThenCancelled: 'running',
    brakesFromOutside: labAccelerator() === 'kvm',
    unreachable: domainAddress(`qemu+unix:///system?socket=${lab.folder}/nobody`, 'vm1'),
    renewDestination: async () => {},
    verifyGuest: async () => {
      const arrival = await verifyArrival(before, guest);
      if (!arrival.ok) throw new Error(arrival.reason);
    },
    [Symbol.asyncDispose]: async () => await lab.close(),
  };
}
