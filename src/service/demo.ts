/** Simulated guests that migrate to and fro, to look at. Everything above the hypervisor is as it is on real hosts. */

import { definedOnly } from '../config/defined-only.ts';
import { RefusedError } from '../hypervisor/refusal.ts';
import { simulatedAddress } from '../hypervisor/simulated/address.ts';
import { simulatedDestination } from '../hypervisor/simulated/simulated-hypervisor.ts';
import { initiatorHere } from '../journal/initiator.ts';
import { JournalError } from '../journal/journal-error.ts';
import { beginRun } from '../migration/begin.ts';
import type { Lease } from '../migration/lease.ts';
import type { RunStore } from '../migration/run.ts';
import type { Planned } from '../plan/document.ts';
import { choosePolicy } from '../policy/policies.ts';
import { DEFAULT_LIMITS, type Limits } from '../policy/policy.ts';
import type { Caller } from './access.ts';
import { problemOf } from './asked.ts';
import { type DemoGuest, demoGuests, LINE_RATE_BYTES_PER_SECOND, USUAL_GUESTS } from './demo-guests.ts';
import { type Host, UNMARKED } from './hosts.ts';
import type { Migrations } from './migrations.ts';
import { PacedHypervisor } from './paced-hypervisor.ts';
import { planVm } from './plan-vm.ts';
import { Problem } from './problem.ts';
import { rememberingJournals } from './remembered-journals.ts';
import type { PlanRequest, StartRequest } from './requests.ts';

/** All have begun by then, one after the other, so that there is something to see at any moment. */
const BEGUN_WITHIN_MS = 12_000;
/** Between two migrations of a guest: time to read how it ended; none to speak of where many are to keep the service busy. */
const REST_MS = 20_000;
const SHORT_REST_MS = 500;
/** One that gave up at once would do so again at once: a quarter of the guests would begin more often than all others together. */
const GIVEN_UP_REST_MS = 10_000;

export class Demo {
  private readonly migrations: Migrations;
  private readonly store: RunStore;
  private readonly guests: ReadonlyMap<string, DemoGuest>;
  private readonly restMs: number;
  /** Those that migrate. */
  private readonly held = new Set<string>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private ended = false;

  /** @param guests how many; undefined: a few, to look at */
  constructor(migrations: Migrations, store: RunStore, guests: number | undefined) {
    this.migrations = migrations;
    this.store = rememberingJournals(store);
    this.guests = demoGuests(guests ?? USUAL_GUESTS);
    this.restMs = guests === undefined ? REST_MS : SHORT_REST_MS;
  }

  begin(): void {
    const everyMs = BEGUN_WITHIN_MS / this.guests.size;
    for (const [at, name] of [...this.guests.keys()].entries())
      this.later(everyMs * at, async () => await this.goOn(name));
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
    const guest = this.guestAt(vm);
    const limits = {
      ...DEFAULT_LIMITS,
      ...guest.limits,
      ...definedOnly({ maxDowntimeMs, downtimeMs }),
    };
    try {
      return (await this.migrate(vm, limits, { policy, by: name, reason, correlationId })).id;
    } catch (error) {
      throw problemOf(error);
    }
  }

  /** All on one host: where a guest has gone to it comes back from before it migrates again. */
  hosts(): Host[] {
    const going = this.migrations.live.all().filter(({ writer }) => writer !== undefined);
    const vms = [...this.guests].map(([name, { scenario }]) => {
      const view = going.find((each) => each.view.guest.name === name)?.view;
      return {
        ...{ uuid: view?.vmUuid ?? null, name, state: 'running' as const },
        ...{ memoryBytes: scenario.memoryBytes, migration: view?.id ?? null },
      };
    });
    return [{ host: 'simulated', problem: null, ...UNMARKED, vms }];
  }

  /** @throws {Problem} */
  async plan({ vm, maxDowntimeMs, downtimeMs, policy, whatIf }: PlanRequest): Promise<Planned> {
    const { scenario, limits } = this.guestAt(vm);
    const wish = {
      vm: simulatedAddress(vm),
      destination: undefined,
      manager: 'qemu' as const,
      kind: choosePolicy(policy ?? 'forecast', {}),
      limits: {
        ...DEFAULT_LIMITS,
        // There is no migration yet that shows it.
        lineRateBytesPerSecond: LINE_RATE_BYTES_PER_SECOND,
        ...limits,
        ...definedOnly({ downtimeMs, maxDowntimeMs }),
      },
      force: false,
      whatIf,
    };
    const hypervisor = new PacedHypervisor({ [vm]: scenario });
    return (await planVm(wish, hypervisor, this.store, () => {})).planned;
  }

  private async goOn(name: string): Promise<void> {
    const { limits, reason } = this.guestAt(name);
    let { restMs } = this;
    try {
      const run = await this.migrate(name, { ...DEFAULT_LIMITS, ...limits }, { by: 'demo', reason });
      const { outcome } = await run.outcome;
      if (outcome !== 'completed') restMs = Math.max(restMs, GIVEN_UP_REST_MS);
    } catch (error) {
      // Somebody who looks migrates it just now, or the disk is full: it has its next turn.
      if (!(error instanceof RefusedError || error instanceof JournalError)) throw error;
    }
    this.later(restMs, async () => await this.goOn(name));
  }

  private async migrate(
    name: string,
    limits: Limits,
    asked: Pick<StartRequest, 'policy' | 'reason' | 'correlationId'> & { readonly by: string },
  ) {
    const { scenario } = this.guestAt(name);
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
        takeLease: async () => this.leaseOf(name),
      },
    );
    this.migrations.follow(run);
    return run;
  }

  /** Nobody but this process drives a simulated guest. @throws {RefusedError} where it migrates already */
  private leaseOf(name: string): Lease {
    if (this.held.has(name))
      throw new RefusedError('held', `${name} is migrating already: wait for its end, or cancel that first`);
    this.held.add(name);
    const release = async () => void this.held.delete(name);
    return { vm: name, release, [Symbol.asyncDispose]: release };
  }

  private later(ms: number, doing: () => Promise<void>): void {
    if (this.ended) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      void doing();
    }, ms);
    this.timers.add(timer);
  }

  /** @throws {Problem} */
  private guestAt(name: string): DemoGuest {
    const guest = this.guests.get(name);
    if (guest) return guest;
    const [some, more] = [[...this.guests.keys()].slice(0, USUAL_GUESTS), this.guests.size - USUAL_GUESTS];
    const there = `${some.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    throw new Problem(409, 'no-domain', `there is no simulated guest ${name}: there is ${there}`);
  }
}
