import { hypervisorContract } from '../hypervisor.contract.ts';
import { simulatedAddress } from './address.ts';
import { SimulatedHypervisor, simulatedDestination } from './simulated-hypervisor.ts';
import { LAB_LOOP } from './testing/lab-loop.ts';

hypervisorContract('simulated', async () => {
  const hypervisor = new SimulatedHypervisor({ loop: LAB_LOOP });
  return {
    hypervisor,
    vm: simulatedAddress('loop'),
    destination: simulatedDestination('loop'),
    memoryBytes: 512 * 2 ** 20,
    nowhere: 'sim:nobody',
    nowhereCode: 'no-domain',
    nowhereState: 'gone',
    suspendedThenCancelled: 'paused',
    unreachable: 'sim:nobody2',
    // A simulated destination waits again by itself.
    renewDestination: async () => {},
    verifyGuest: async (side) => {
      const sides = await hypervisor.locate('sim:loop', 'sim:loop@destination');
      const other = side === 'source' ? sides.destination : sides.source;
      if (sides[side] !== 'running' || other === 'running')
        throw new Error(`the source is ${sides.source}, the destination ${sides.destination}`);
    },
    [Symbol.asyncDispose]: async () => {},
  };
});
