/**
 * The quotas on the source's vCPUs as one controller has them. A quota outlives its controller, unless a guard of its own
 * undoes it; whoever comes next undoes what is left.
 */
import type { Clock } from '../../src/hypervisor/clock.ts';
import type { QuotaLever } from '../../src/hypervisor/cpu-quota/vcpu-quota.ts';
import type { Effect } from '../../src/hypervisor/hypervisor.ts';
import type { Quotas } from '../../src/hypervisor/qemu/qemu-hypervisor.ts';
import type { SimulatedPair } from '../../src/hypervisor/simulated/protocol/simulated-pair.ts';
import type { KillableController } from '../../src/hypervisor/testing/killable-controller.ts';

/** From the end of a controller to its guard's work done. */
const GUARD_MS = 20;
/** From a quota asked for to the threads under it: a guard is a process. */
const SETS_MS = 3;

interface Machine {
  readonly pair: SimulatedPair;
  readonly process: KillableController;
  /** The machine's own, which goes on when the controller is dead. */
  readonly clock: Clock;
  /** Whether there is a guard that outlives it: a service manager may end both at once. */
  readonly guarded: boolean;
}

export function quotasOn(machine: Machine): Quotas {
  const isSource = (socket: string): boolean => machine.pair.vm === `qmp:${socket}`;
  const releaseLeft = (socket: string): void => {
    if (isSource(socket)) machine.pair.source.setQuota(0);
  };
  return {
    async leverOf(socket) {
      releaseLeft(socket);
      return isSource(socket) ? new SimulatedQuota(machine) : undefined;
    },
    async releaseLeft(socket) {
      releaseLeft(socket);
    },
  };
}

class SimulatedQuota implements QuotaLever {
  percent = 0;
  private readonly machine: Machine;
  private releases = 0;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  prepare(): void {}

  async set(percent: number): Promise<Effect> {
    const { pair, process } = this.machine;
    const { releases } = this;
    await process.clock.sleep(SETS_MS);
    if (!pair.source.alive) throw new Error('its process has ended');
    if (this.releases > releases) return { did: 'nothing: it was released meanwhile' };
    this.percent = percent;
    pair.source.setQuota(percent);
    this.guard();
    return { did: `a quota that withholds ${percent} %` };
  }

  release(): void {
    this.releases += 1;
    this.percent = 0;
    this.machine.pair.source.setQuota(0);
  }

  private guard(): void {
    const { clock, guarded, pair, process } = this.machine;
    if (!guarded) return;
    clock.after(GUARD_MS, () => {
      if (this.percent === 0) return;
      if (process.isAlive) this.guard();
      else pair.source.setQuota(0);
    });
  }
}
