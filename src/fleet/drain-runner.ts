/**
 * Carries drains out: a controller of the engine that places by the drains' own wishes, and the keeper that asks their hosts.
 * Any number of them on one database; each goes on with what another left.
 */
import type { Config } from '../config/config.ts';
import { type Clock, REAL_CLOCK } from '../hypervisor/clock.ts';
import type { Database } from '../postgres/database.ts';
import { type CalmLooker, CalmWaits } from './calm-waits.ts';
import { FleetController } from './controller.ts';
import { DrainBook } from './drain-book.ts';
import type { DrainHosts } from './drain-hosts.ts';
import { DrainKeeper } from './drain-keeper.ts';
import { type Hooks, NO_HOOKS } from './hooks.ts';
import { HostHooks } from './host-hooks.ts';
import type { Mover } from './mover.ts';
import { placerOf } from './placer.ts';
import { Repeated } from './repeated.ts';

export interface DrainRunnerParts {
  readonly database: Database;
  readonly hosts: DrainHosts;
  config(): Config;
  moverOf(book: DrainBook): Mover;
  /** A sentence for the operator's log. */
  warn(words: string): void;
  /** Looks at VMs that wait for a calmer moment; left out: whoever else carries drains out does. */
  readonly calmLooker?: CalmLooker;
  /** Programs that it asks; left out: none. */
  readonly hooks?: Hooks;
  readonly times?: Partial<typeof TIMES>;
  readonly clock?: Clock;
}

const TIMES = {
  leaseMs: 15_000,
  roundMs: 1000,
  reconcileMs: 10_000,
  /** How often a host that is being emptied is asked what is there. */
  keepMs: 2000,
  /** How often destinations are asked what room they have. */
  lookMs: 5000,
  /** How often it is seen to whose time to be looked at has come. */
  calmMs: 1000,
  /** Longer than any look at a VM takes: after that another controller looks. */
  lookingMs: 120_000,
};

/** Each takes a processor for a second, and samples pages of its guest for some more. */
const MOST_LOOKS = 2;

export class DrainRunner implements AsyncDisposable {
  private readonly controller: FleetController;
  private readonly hostHooks: HostHooks;
  private readonly repeated: readonly Repeated[];

  private readonly calmWaits: CalmWaits | undefined;

  private constructor(
    controller: FleetController,
    { hostHooks, calmWaits }: { hostHooks: HostHooks; calmWaits: CalmWaits | undefined },
    repeated: readonly Repeated[],
  ) {
    this.controller = controller;
    this.hostHooks = hostHooks;
    this.calmWaits = calmWaits;
    this.repeated = repeated;
    for (const each of repeated) each.now();
  }

  /** @throws {StoreError} where the tables are not those that this switchover knows */
  static async start(parts: DrainRunnerParts): Promise<DrainRunner> {
    const { database, hosts, warn, hooks = NO_HOOKS, clock = REAL_CLOCK, calmLooker: looker } = parts;
    const times = { ...TIMES, ...parts.times };
    const config = () => parts.config();
    const book = new DrainBook(database, hosts, config);
    await book.read();
    // Nothing is placed by guess while they can be asked.
    await book.look();
    const controller = await FleetController.start({
      ...{ database, warn, hooks, clock, mover: parts.moverOf(book), place: placerOf(book) },
      ...{ leaseMs: times.leaseMs, roundMs: times.roundMs, reconcileMs: times.reconcileMs },
      prepare: async (within) => await book.prepare(within),
    });
    const hostHooks = new HostHooks(database, hooks);
    const keeper = new DrainKeeper({ database, hosts, config, hostHooks, everyMs: times.keepMs });
    const { lookingMs } = times;
    const calmWaits = looker && new CalmWaits({ database, looker, lookingMs, most: MOST_LOOKS, warn });
    const repeat = (everyMs: number, doing: () => Promise<void>) =>
      new Repeated(clock, { everyMs }, doing, (error) => warn(String(error)));
    return new DrainRunner(controller, { hostHooks, calmWaits }, [
      repeat(times.lookMs, async () => {
        await book.read();
        await book.look();
      }),
      // Of a drain it is the rows that say when its time has come.
      repeat(times.keepMs / 2, () => keeper.keep()),
      ...(calmWaits ? [repeat(times.calmMs, () => calmWaits.begin())] : []),
    ]);
  }

  /** Fulfilled with the reason once it has closed. */
  get closed(): Promise<string> {
    return this.controller.closed;
  }

  /** Lets go: migrations go on, and whoever else there is goes on with the drains. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.repeated.map((each) => each.stop()));
    await this.calmWaits?.[Symbol.asyncDispose]();
    await this.hostHooks[Symbol.asyncDispose]();
    await this.controller[Symbol.asyncDispose]();
  }
}
