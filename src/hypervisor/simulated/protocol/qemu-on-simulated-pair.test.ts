import { hypervisorContract } from '../../hypervisor.contract.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { LAB_LOOP } from '../testing/lab-loop.ts';
import { SimulatedPair } from './simulated-pair.ts';

/** Time passes by itself, as the contract's tests wait for it. */
function running(clock: VirtualClock): () => void {
  let goesOn = true;
  void (async () => {
    while (goesOn) {
      if (clock.nextMs === undefined) await new Promise((resolve) => setImmediate(resolve));
      else await clock.pass(Math.max(0, clock.nextMs - clock.now()));
    }
  })();
  return () => {
    goesOn = false;
  };
}

hypervisorContract('QEMU through QMP, simulated', async () => {
  const clock = new VirtualClock();
  const pair = new SimulatedPair({ clock, scenario: LAB_LOOP });
  const stop = running(clock);
  return {
    hypervisor: pair.hypervisor(),
    vm: pair.vm,
    destination: pair.target,
    memoryBytes: 512 * 2 ** 20,
    nowhere: 'qmp:/sim/nobody.sock',
    nowhereCode: 'no-socket',
    nowhereState: 'unreachable',
    residentUnknown: true,
    suspendedThenCancelled: 'paused',
    unreachable: 'qmp:/sim/nobody2.sock',
    renewDestination: async () => pair.renewDestination(),
    verifyGuest: async (side) => {
      const running = pair.truth.runningSides;
      if (running.length !== 1 || running[0] !== side)
        throw new Error(`the guest runs on ${running.join(' and ')}`);
    },
    [Symbol.asyncDispose]: async () => stop(),
  };
});
