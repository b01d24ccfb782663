/** One side of a simulated pair, through a monitor that outlives its connections. */
import type { Side } from '../hypervisor.ts';
import { LastingMonitor } from '../qemu/lasting-monitor.ts';
import { openMonitor } from '../qemu/monitor.ts';
import type { SimulatedPair } from '../simulated/protocol/simulated-pair.ts';
import type { VirtualClock } from './virtual-clock.ts';

export async function monitorOfPair(
  pair: SimulatedPair,
  side: Side,
  clock: VirtualClock,
  provable = true,
): Promise<LastingMonitor> {
  const address = side === 'source' ? pair.vm : pair.target.vm;
  const connect = async () => await openMonitor(address, { clock, open: pair.open });
  return new LastingMonitor(await clock.until(connect()), {
    address,
    process: provable ? pair[side].identity : undefined,
    clock,
    connect,
    isSame: async () => true,
  });
}
