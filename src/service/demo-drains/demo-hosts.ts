/**
 * The demonstration's three hosts, with VMs that a drain moves. What moves is simulated as the other guests are: by real runs with
 * journals and limits. Each VM has a link of its own.
 */
import { parseConfig } from '../../config/parse-config.ts';
import type { DrainHosts, HostSeen, VmSeen } from '../../fleet/drain-hosts.ts';
import { simulatedAddress } from '../../hypervisor/simulated/address.ts';
import { constantLink } from '../../hypervisor/simulated/link.ts';
import { cyclic } from '../../hypervisor/simulated/memory/cyclic.ts';
import { uniform } from '../../hypervisor/simulated/memory/uniform.ts';
import type { ScenarioInput } from '../../hypervisor/simulated/scenario.ts';
import { SimulatedHypervisor } from '../../hypervisor/simulated/simulated-hypervisor.ts';
import { LINE_RATE_BYTES_PER_SECOND } from '../demo-guests.ts';
import { type Host, UNMARKED } from '../hosts.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const LINK = constantLink(LINE_RATE_BYTES_PER_SECOND);

export const DEMO_HOSTS = ['host-a', 'host-b', 'host-c'].map((name) => `simulated://${name}/system`);
export const [DRAINED = ''] = DEMO_HOSTS;

/** As the demonstration is configured: what its links carry is stated, since nothing moved over them yet. */
export const DEMO_CONFIG = parseConfig(
  `[defaults]\nline-rate = "${Math.round((LINE_RATE_BYTES_PER_SECOND * 8) / 1e6)}mbit"\n`,
  'the demonstration',
);

export interface DemoVm {
  readonly uuid: string;
  readonly name: string;
  readonly scenario: ScenarioInput;
  /** Its own limits, as in a domain's metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  host: string;
}

const calm = (gib: number, zero: number) =>
  ({
    ...{ memoryBytes: gib * GIB, zeroPagesShare: zero, link: LINK },
    memory: uniform({ workingSetBytes: 200 * MIB, writeRateBytesPerSecond: 4 * MIB }),
  }) satisfies ScenarioInput;

const busy = (gib: number, workingSetMib: number, rateMib: number) =>
  ({
    ...{ memoryBytes: gib * GIB, zeroPagesShare: 0.3, link: LINK },
    memory: cyclic({ workingSetBytes: workingSetMib * MIB, writeRateBytesPerSecond: rateMib * MIB }),
  }) satisfies ScenarioInput;

/** Of the last no pause is short enough: a person has to allow it a longer one. */
const VMS: readonly (readonly [name: string, scenario: ScenarioInput, metadata: DemoVm['metadata']])[] = [
  ['shop-1', calm(4, 0.4), {}],
  ['shop-2', calm(4, 0.5), {}],
  ['search', busy(3, 220, 700), { 'max-downtime': '4s' }],
  ['mail', calm(2, 0.3), {}],
  ['build-4', calm(6, 0.6), {}],
  ['wiki', calm(1, 0.3), {}],
  ['ledger', busy(2, 300, 900), { 'max-downtime': '1s' }],
];

/** What each host could give to new guests while none of these runs there. */
const FREE_BYTES: Readonly<Record<string, number>> = {
  [DEMO_HOSTS[0] ?? '']: 32 * GIB,
  [DEMO_HOSTS[1] ?? '']: 24 * GIB,
  [DEMO_HOSTS[2] ?? '']: 12 * GIB,
};

export class DemoHosts implements DrainHosts {
  private readonly vms: ReadonlyMap<string, DemoVm>;

  private constructor(vms: readonly DemoVm[]) {
    this.vms = new Map(vms.map((each) => [each.uuid, each]));
  }

  static async make(): Promise<DemoHosts> {
    const vms = VMS.map(async ([name, scenario, metadata]): Promise<DemoVm> => {
      const { uuid } = await new SimulatedHypervisor({ [name]: scenario }).inspect(simulatedAddress(name));
      return { uuid: uuid ?? name, name, scenario, metadata, host: DRAINED };
    });
    return new DemoHosts(await Promise.all(vms));
  }

  /** @throws {Error} where there is no such VM */
  get(uuid: string): DemoVm {
    const found = this.vms.get(uuid);
    if (!found) throw new Error(`there is no simulated VM ${uuid}`);
    return found;
  }

  on(host: string): readonly DemoVm[] {
    return [...this.vms.values()].filter((each) => each.host === host);
  }

  /** So that there is something to drain again. */
  bringBack(): void {
    for (const vm of this.vms.values()) vm.host = DRAINED;
  }

  async look(host: string): Promise<HostSeen> {
    const there = this.on(host);
    const sizes = there.map(({ scenario }) => scenario.memoryBytes);
    return {
      active: there.map(({ uuid }) => uuid),
      freeBytes: Math.max(0, (FREE_BYTES[host] ?? 0) - sizes.reduce((sum, each) => sum + each, 0)),
      largestBytes: Math.max(0, ...sizes),
    };
  }

  async vm(host: string, uuid: string): Promise<VmSeen | undefined> {
    const found = this.vms.get(uuid);
    if (found?.host !== host) return undefined;
    const { name, scenario, metadata } = found;
    return { name, memoryBytes: scenario.memoryBytes, obstacles: [], mark: '', metadata };
  }

  /** @param migrationOf the id of the one that goes on */
  shown(migrationOf: (uuid: string) => string | null): Host[] {
    return DEMO_HOSTS.map((host) => ({
      ...{ host, problem: null, ...UNMARKED },
      vms: this.on(host).map(({ uuid, name, scenario: { memoryBytes } }) => ({
        ...{ uuid, name, state: 'running' as const, memoryBytes, migration: migrationOf(uuid) },
      })),
    }));
  }
}
