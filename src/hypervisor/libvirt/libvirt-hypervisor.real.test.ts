import { verifyArrival } from '../../../lab/arrival.ts';
import { openLibvirtLab } from '../../../lab/libvirt/libvirt-lab.ts';
import { hypervisorContract } from '../hypervisor.contract.ts';
import { domainAddress } from './address.ts';
import { LibvirtHypervisor } from './libvirt-hypervisor.ts';

hypervisorContract('libvirt through virsh', async () => {
  const lab = await openLibvirtLab();
  const [source, destination] = lab.hosts;
  if (!source || !destination) throw new Error('the lab has not two hosts');
  const guest = await lab.startGuest(source, { name: 'vm1', workload: { kind: 'loop', wssMiB: 128 } });
  const before = await guest.status();
  return {
    hypervisor: new LibvirtHypervisor(),
    vm: domainAddress(source.uri, 'vm1'),
    destination: {
      vm: domainAddress(destination.uri, 'vm1'),
      peerUri: destination.tcpUri,
      // Only the hosts themselves reach it: the pre-flight would try it from here.
      migrateUri: undefined,
      listenUri: undefined,
    },
    memoryBytes: 512 * 2 ** 20,
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
