/** Simulated guests that migrate to and fro, to look at. Everything above the hypervisor is as it is on real hosts. */

import { simulatedAddress } from '../hypervisor/simulated/address.ts';
import { constantLink } from '../hypervisor/simulated/link.ts';
import { cyclic } from '../hypervisor/simulated/memory/cyclic.ts';
import { hotCold } from '../hypervisor/simulated/memory/hot-cold.ts';
import { uniform } from '../hypervisor/simulated/memory/uniform.ts';
import type { ScenarioInput } from '../hypervisor/simulated/scenario.ts';
import { simulatedDestination } from '../hypervisor/simulated/simulated-hypervisor.ts';
import { initiatorHere } from '../journal/initiator.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import { beginRun } from '../migration/begin.ts';
import { documentOf, type PlanDocument } from '../plan/document.ts';
import { choosePolicy } from '../policy/policies.ts';
import { DEFAULT_LIMITS, type Limits } from '../policy/policy.ts';
import type { Caller } from './access.ts';
import type { Host } from './hosts.ts';
import type { Migrations } from './migrations.ts';
import { PacedHypervisor } from './paced-hypervisor.ts';
import { planVm } from './plan-vm.ts';
import { Problem } from './problem.ts';
import { definedOnly, type PlanRequest, type StartRequest } from './requests.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const LINE_RATE = 1.15e8;
const LINK = constantLink(LINE_RATE);

interface DemoGuest {
  readonly scenario: ScenarioInput;
  readonly limits: Partial<Limits>;
  readonly reason: string;
}

const GUESTS: Readonly<Record<string, DemoGuest>> = {
  'web-1': {
    scenario: {
      memoryBytes: 2 * GIB,
      zeroPagesShare: 0.5,
      memory: uniform({ workingSetBytes: 300 * MIB, writeRateBytesPerSecond: 6 * MIB }),
      link: LINK,
    },
    limits: {},
    reason: 'maintenance of host-a',
  },
  'db-primary': {
    scenario: {
      memoryBytes: 4 * GIB,
      zeroPagesShare: 0.3,
      memory: cyclic({ workingSetBytes: 256 * MIB, writeRateBytesPerSecond: 900 * MIB }),
      link: LINK,
    },
    limits: { maxDowntimeMs: 4000 },
    reason: 'maintenance of host-a',
  },
  'cache-2': {
    scenario: {
      memoryBytes: 3 * GIB,
      zeroPagesShare: 0.4,
      memory: hotCold({
        workingSetBytes: 800 * MIB,
        writeRateBytesPerSecond: 150 * MIB,
        hotPagesShare: 0.2,
        hotWritesShare: 0.9,
      }),
      link: LINK,
    },
    limits: { maxDowntimeMs: 3000 },
    reason: 'rebalance',
  },
  'batch-7': {
    scenario: {
      memoryBytes: 3 * GIB,
      zeroPagesShare: 0.2,
      memory: cyclic({ workingSetBytes: 900 * MIB, writeRateBytesPerSecond: 2 * GIB }),
      link: LINK,
    },
    // Not possible within that: it says so, and how long a pause it would need.
    limits: { maxDowntimeMs: 1000 },
    reason: 'rebalance',
  },
};

/** Between two migrations of a guest. */
const REST_MS = 20_000;

export class Demo {
  private readonly migrations: Migrations;
  private readonly store: JournalStore;
  private readonly timers = new Set<NodeJS.Timeout>();
  private ended = false;

  constructor(migrations: Migrations, store: JournalStore) {
    this.migrations = migrations;
    this.store = store;
  }

  /** They begin one after the other, so that there is something to see at any moment. */
  begin(): void {
    for (const [at, name] of Object.keys(GUESTS).entries())
      this.later(3000 * at, async () => await this.goOn(name));
  }

  close(): void {
    this.ended = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  /** @throws {Problem} */
  async start(
    { vm, maxDowntimeMs, downtimeMs, policy, reason, correlationId }: StartRequest,
    { name }: Caller,
  ): Promise<string> {
    const guest = guestAt(vm);
    const limits = {
      ...DEFAULT_LIMITS,
      ...guest.limits,
      ...definedOnly({ maxDowntimeMs, downtimeMs }),
    };
    return (await this.migrate(vm, limits, { policy, by: name, reason, correlationId })).id;
  }

  /** All on one host: where a guest has gone to it comes back from before it migrates again. */
  hosts(): Host[] {
    const going = this.migrations.live.all().filter(({ writer }) => writer !== undefined);
    const vms = Object.entries(GUESTS).map(
      ([
        name,
        {
          scenario: { memoryBytes },
        },
      ]) => {
        const view = going.find((each) => each.view.guest.name === name)?.view;
        return {
          ...{ uuid: view?.vmUuid ?? null, name, state: 'running' as const, memoryBytes },
          migration: view?.id ?? null,
        };
      },
    );
    return [{ host: 'simulated', problem: null, vms }];
  }

  /** @throws {Problem} */
  async plan({ vm, maxDowntimeMs, downtimeMs, policy, whatIf }: PlanRequest): Promise<PlanDocument> {
    const { scenario, limits } = guestAt(vm);
    const wish = {
      vm: simulatedAddress(vm),
      destination: undefined,
      manager: 'qemu' as const,
      kind: choosePolicy(policy ?? 'forecast', {}),
      limits: {
        ...DEFAULT_LIMITS,
        // There is no migration yet that shows it.
        lineRateBytesPerSecond: LINE_RATE,
        ...limits,
        ...definedOnly({ downtimeMs, maxDowntimeMs }),
      },
      force: false,
      whatIf,
    };
    const hypervisor = new PacedHypervisor({ [vm]: scenario });
    return documentOf((await planVm(wish, hypervisor, this.store, () => {})).planned);
  }

  private async goOn(name: string): Promise<void> {
    const guest = GUESTS[name];
    if (!guest) return;
    const limits = { ...DEFAULT_LIMITS, ...guest.limits };
    const run = await this.migrate(name, limits, { by: 'demo', reason: guest.reason });
    await run.outcome;
    this.later(REST_MS, async () => await this.goOn(name));
  }

  private async migrate(
    name: string,
    limits: Limits,
    asked: Pick<StartRequest, 'policy' | 'reason' | 'correlationId'> & { readonly by: string },
  ) {
    const scenario = GUESTS[name]?.scenario;
    if (!scenario) throw new Error(`no guest ${name}`);
    const run = await beginRun(
      {
        vm: simulatedAddress(name),
        destination: simulatedDestination(name),
        kind: choosePolicy(asked.policy ?? 'forecast', {}),
        limits,
        force: false,
        reason: asked.reason,
        correlationId: asked.correlationId,
      },
      {
        // Anew each time: it has come back meanwhile.
        hypervisor: new PacedHypervisor({ [name]: scenario }),
        store: this.store,
        initiator: { ...initiatorHere(), user: asked.by },
        // Nobody else drives a simulated guest.
        takeLease: async () => ({ vm: name, release: async () => {}, [Symbol.asyncDispose]: async () => {} }),
      },
    );
    this.migrations.follow(run, limits);
    return run;
  }

  private later(ms: number, doing: () => Promise<void>): void {
    if (this.ended) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      void doing();
    }, ms);
    this.timers.add(timer);
  }
}

/** @throws {Problem} */
function guestAt(name: string): DemoGuest {
  const guest = GUESTS[name];
  if (guest) return guest;
  const there = Object.keys(GUESTS).join(', ');
  throw new Problem(409, 'no-domain', `there is no simulated guest ${name}: there is ${there}`);
}
