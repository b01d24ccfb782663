/** Looks at VMs of the demonstration's hosts by the same probes and rehearsals as at real ones. */
import type { CalmLook } from '../../drain/facts.ts';
import type { CalmLooker, LookWish } from '../../fleet/calm-waits.ts';
import { vmSettingsOf } from '../../fleet/drain-settings.ts';
import { lookAtVm } from '../../fleet/look-at-vm.ts';
import { simulatedAddress } from '../../hypervisor/simulated/address.ts';
import {
  SimulatedHypervisor,
  simulatedDestination,
} from '../../hypervisor/simulated/simulated-hypervisor.ts';
import type { RunStore } from '../../migration/run.ts';
import { DEMO_CONFIG, type DemoHosts } from './demo-hosts.ts';

export class DemoLooker implements CalmLooker {
  private readonly hosts: DemoHosts;
  private readonly store: RunStore;

  constructor(hosts: DemoHosts, store: RunStore) {
    this.hosts = hosts;
    this.store = store;
  }

  async look({ vm, source, settings, stated }: LookWish): Promise<CalmLook> {
    const there = this.hosts.on(source).find(({ uuid }) => uuid === vm);
    if (!there) return { is: 'unknown', words: `it is not on ${source} any more`, passes: false };
    const { name, scenario, metadata } = there;
    const hypervisor = new SimulatedHypervisor({ [name]: scenario });
    const { limits, kind } = vmSettingsOf(DEMO_CONFIG, { name, metadata }, settings, stated);
    const guest = await hypervisor.inspect(simulatedAddress(name));
    return await lookAtVm(hypervisor, this.store, {
      ...{ guest, destination: simulatedDestination(name), kind, limits },
    });
  }
}
