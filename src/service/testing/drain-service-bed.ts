/** The service with drains, on simulated hosts and a real database, and a controller that carries them out. */
import { parseConfig } from '../../config/parse-config.ts';
import { planDrain } from '../../drain/drain-plan.ts';
import type { DrainVm, Reason } from '../../drain/facts.ts';
import { groupsOf } from '../../fleet/drain-settings.ts';
import { openingsOf } from '../../fleet/drain-window.ts';
import { DrainBed } from '../../fleet/testing/drain-bed.ts';
import type { FleetServer } from '../../fleet/testing/fleet-database.ts';
import type { SimulatedHosts } from '../../fleet/testing/simulated-hosts.ts';
import type { PlanDrain } from '../drains/drain-plans.ts';
import { deadlineOf, drainSettingsOf } from '../drains/drain-wish.ts';
import { openDrains } from '../drains/open-drains.ts';
import { ServiceBed } from './service-bed.ts';

export const HOSTS = ['a', 'b', 'c'];
const CONFIG = parseConfig('', 'f');

export class DrainServiceBed implements AsyncDisposable {
  readonly service: ServiceBed;
  readonly engine: DrainBed;
  /** How often a plan was made. */
  plans = 0;

  private constructor(engine: DrainBed, url: string, hosts: SimulatedHosts) {
    this.engine = engine;
    const plan = simulatedPlan(hosts);
    this.service = new ServiceBed(undefined, (around) =>
      openDrains(
        {
          ...{ choice: { url, folder: '/no/such', make: false }, stateDir: around.stateDir },
          ...{ config: () => CONFIG, known: HOSTS, hosts },
          plan: async (request) => {
            this.plans += 1;
            return await plan(request);
          },
        },
        around,
      ),
    );
  }

  static async make(server: FleetServer, name: string, hosts: SimulatedHosts): Promise<DrainServiceBed> {
    const engine = await DrainBed.make(server, name, hosts);
    return new DrainServiceBed(engine, await server.make(name), hosts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    await this.engine[Symbol.asyncDispose]();
  }
}

/** As a real one, by what the simulated hosts say of themselves. */
function simulatedPlan(hosts: SimulatedHosts): PlanDrain {
  return async (request) => {
    const settings = drainSettingsOf(request, CONFIG, HOSTS);
    const vms: DrainVm[] = [];
    for (const uuid of hosts.on(request.host)) {
      const { vm } = hosts.there(uuid);
      const seen = await hosts.vm(request.host, uuid);
      if (!seen) continue;
      const { name, memoryBytes, obstacles } = seen;
      const totalMs = vm.lastsMs ?? 60;
      const around = (middle: number) => ({ low: middle * 0.8, middle, high: middle * 1.3 });
      vms.push({
        ...{ uuid, name, memoryBytes, obstacles, apart: groupsOf(name, settings.apart) },
        ...{ word: 'move', priority: 0 },
        refusedBy: new Map(
          Object.entries(vm.refusedBy ?? {}).map(([to, { code, words }]): [string, Reason[]] => [
            to,
            [{ code, words }],
          ]),
        ),
        forecast: {
          besideOthers: [
            { totalMs: around(totalMs), pauseMs: around(80) },
            { totalMs: around(totalMs), pauseMs: around(90) },
          ],
          inCommonMs: { low: totalMs * 0.9, high: totalMs * 1.1 },
          calmAmong: 2,
        },
      });
    }
    const destinations = settings.to.map(({ uri }) => ({
      ...{ name: uri, link: uri, freeBytes: undefined, largestVmBytes: 0, cordoned: false, apart: [] },
    }));
    const { order, atATime, reserveBytes, windows } = settings;
    const madeMs = Date.now();
    const plan = planDrain({
      ...{ link: request.host, vms, destinations, order, atATime, reserveBytes },
      ...{ deadlineMs: deadlineOf(request)(), random: () => 0.5 },
      openings: await openingsOf(windows, madeMs),
    });
    return {
      ...{ host: request.host, madeMs, order, atATime, windows, plan, shutOff: 0 },
      ...{ unknown: new Map(), unreachable: new Map() },
    };
  };
}
