import { verifyArrival } from '../../../lab/arrival.ts';
import { openLab } from '../../../lab/lab.ts';
import { hypervisorContract } from '../hypervisor.contract.ts';
import { QemuHypervisor } from './qemu-hypervisor.ts';

hypervisorContract('QEMU through QMP', async () => {
  const lab = await openLab();
  const pair = await lab.startPair({ workload: { kind: 'loop', wssMiB: 128 } });
  await pair.ready();
  const before = await pair.source.status();
  return {
    hypervisor: new QemuHypervisor(),
    vm: `qmp:${pair.source.qmpPath}`,
    destination: { vm: `qmp:${pair.destination.qmpPath}`, migrateUri: pair.migrateUri, listenUri: undefined },
    memoryBytes: 512 * 2 ** 20,
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
