/** Plans drains of the demonstration's hosts by the same probes, rehearsals and rules as those of real ones. */
import { planDrain } from '../../drain/drain-plan.ts';
import type { DrainVm } from '../../drain/facts.ts';
import { calmLookOf, whyUnknown } from '../../fleet/calm-look.ts';
import { groupsOf, vmSettingsOf } from '../../fleet/drain-settings.ts';
import { openingsOf } from '../../fleet/drain-window.ts';
import { simulatedAddress } from '../../hypervisor/simulated/address.ts';
import {
  SimulatedHypervisor,
  simulatedDestination,
} from '../../hypervisor/simulated/simulated-hypervisor.ts';
import { foresee } from '../../migration/foresee.ts';
import type { RunStore } from '../../migration/run.ts';
import { Random } from '../../simulate/random.ts';
import { forecastOf } from '../drain-forecast.ts';
import type { PlanDrain } from '../drains/drain-plans.ts';
import { deadlineOf, drainSettingsOf } from '../drains/drain-wish.ts';
import { DEMO_CONFIG, DEMO_HOSTS, type DemoHosts } from './demo-hosts.ts';

/** On the guests' own clocks: nobody waits for them. */
const PROBES_MS = [1000, 3000];

export function demoPlan(hosts: DemoHosts, store: RunStore): PlanDrain {
  return async (request) => {
    const settings = drainSettingsOf(request, DEMO_CONFIG, DEMO_HOSTS);
    const { order, atATime, reserveBytes, windows } = settings;
    const unknown = new Map<string, string>();
    const vms: DrainVm[] = [];
    for (const { uuid, name, scenario, metadata } of hosts.on(request.host)) {
      const hypervisor = new SimulatedHypervisor({ [name]: scenario });
      const own = vmSettingsOf(DEMO_CONFIG, { name, metadata }, settings);
      const { limits, kind } = own;
      const guest = await hypervisor.inspect(simulatedAddress(name));
      const foreseen = await foresee(
        hypervisor,
        { guest, destination: simulatedDestination(name), cap: limits.bandwidthBytesPerSecond },
        store,
        { probesMs: PROBES_MS, resident: true },
      );
      const { plan, forecast } = await forecastOf({
        ...{ known: foreseen.known, migrant: { running: true, manager: 'libvirt' }, kind, limits, atATime },
      });
      const why = whyUnknown(plan, foreseen.probeRefusal);
      if (plan.verdict === 'not-known') unknown.set(uuid, why.words);
      const now = calmLookOf(plan, limits, why);
      vms.push({
        ...{ uuid, name, memoryBytes: scenario.memoryBytes, apart: groupsOf(name, settings.apart), forecast },
        ...{ word: own.maintenance, priority: own.priority },
        ...{
          obstacles: now.is === 'no-pause-fits' ? [now.reason] : [],
          refusedBy: new Map(),
          now,
        },
      });
    }
    const destinations = await Promise.all(
      settings.to.map(async ({ uri }) => {
        const { freeBytes, largestBytes } = await hosts.look(uri);
        return { name: uri, link: uri, cordoned: false, freeBytes, largestVmBytes: largestBytes, apart: [] };
      }),
    );
    const madeMs = Date.now();
    const random = new Random(vms.length);
    const plan = planDrain({
      ...{ link: request.host, vms, destinations, order, atATime, reserveBytes },
      ...{ deadlineMs: deadlineOf(request)(), random: () => random.next() },
      openings: await openingsOf(windows, madeMs),
    });
    return {
      ...{ host: request.host, madeMs, order, atATime, windows, plan, unknown, shutOff: 0 },
      unreachable: new Map(),
    };
  };
}
