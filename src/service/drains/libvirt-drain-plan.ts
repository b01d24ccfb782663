/** Plans drains of libvirt hosts as `switchover drain --plan` does. */
import type { Config } from '../../config/config.ts';
import { vmSettingsOf } from '../../fleet/drain-settings.ts';
import { lookUpDomain } from '../../hypervisor/libvirt/domain/domain.ts';
import { lookAtHost } from '../../hypervisor/libvirt/host-look.ts';
import type { LibvirtHypervisor } from '../../hypervisor/libvirt/libvirt-hypervisor.ts';
import type { RunStore } from '../../migration/run.ts';
import { problemOf } from '../asked.ts';
import { planDrainOf } from '../plan-drain.ts';
import type { PlanDrain } from './drain-plans.ts';
import { deadlineOf, drainSettingsOf } from './drain-wish.ts';

export interface LibvirtDrainPlanParts {
  readonly hypervisor: LibvirtHypervisor;
  readonly store: RunStore;
  config(): Config;
  /** Hosts that the service follows. */
  readonly hosts: readonly string[];
}

const LONGEST_PROBE_MS = 3000;
/** libvirt probes in whole seconds. */
const SHORTEST_PROBE_MS = 1000;

export function libvirtDrainPlan({ hypervisor, store, config, hosts }: LibvirtDrainPlanParts): PlanDrain {
  return async (request) => {
    const settings = drainSettingsOf(request, config(), hosts);
    const longestMs = request.probeMs ?? LONGEST_PROBE_MS;
    const { order, atATime, reserveBytes, apart, force, windows } = settings;
    try {
      return await planDrainOf(
        {
          host: request.host,
          to: settings.to.map(({ uri, migrateUri }) => ({ uri, migrateUri })),
          ...{ order, atATime, reserveBytes, apart, force, windows },
          deadlineInMs: deadlineOf(request),
          probesMs: [SHORTEST_PROBE_MS, longestMs].filter((each, at) => at === 1 || each < longestMs),
        },
        {
          ...{ hypervisor, store, lookAtHost },
          lookUp: async (vm) => {
            const { facts, description } = await lookUpDomain(vm);
            const { metadata, metadataNamespaces } = description;
            return { facts, metadata, metadataNamespaces };
          },
          settingsOf: (domain) => vmSettingsOf(config(), domain, settings),
          // Who waits for the answer hears nothing before it.
          say: () => {},
        },
      );
    } catch (error) {
      throw problemOf(error);
    }
  };
}
