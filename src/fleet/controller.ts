/**
 * A controller of the fleet. All are equal, any number may run, and none leads.
 *
 *     running ──(close)──▶ closed            it lets go: the migrations go on, and others take them at once
 *        └──(the tables are newer)──▶ closed as well
 *
 * Each second, and soon after the database tells that something changed, one round: say that we live; end the leases of
 * controllers that are proved dead; admit; take what nobody looks after; cancel what shall end. Nothing is admitted before
 * the hosts were asked once what runs there.
 */
import { randomUUID } from 'node:crypto';
import type { Stage } from '../drain/stages.ts';
import { type Clock, REAL_CLOCK } from '../hypervisor/clock.ts';
import type { Database } from '../postgres/database.ts';
import { Listener } from '../postgres/listener.ts';
import { openSchema } from '../postgres/schema.ts';
import { VERSION } from '../version.ts';
import { type AdmissionOptions, admit } from './admission.ts';
import { claimSeen } from './claim-seen.ts';
import { type ControllerIdentity, endLeasesOfDead, ownIdentity } from './controller-identity.ts';
import { CHANNEL, FLEET_TABLES } from './fleet-tables.ts';
import { type Hooks, NO_HOOKS, stagesOf } from './hooks.ts';
import { type Lease, LeaseLostError } from './lease.ts';
import { Leases } from './leases.ts';
import { readShares } from './link-shares.ts';
import { MoveRun } from './move-run.ts';
import { MoveChangedError, movesToCancel } from './move-writes.ts';
import type { Mover } from './mover.ts';
import type { Place } from './placement.ts';
import { Repeated } from './repeated.ts';
import { StopRun } from './stop-run.ts';

export interface ControllerOptions {
  readonly database: Database;
  readonly mover: Mover;
  readonly place: Place;
  /** As in `AdmissionOptions`. */
  readonly prepare?: NonNullable<AdmissionOptions['prepare']>;
  /** Programs that it asks before and after each VM; left out: none. */
  readonly hooks?: Hooks;
  /** A sentence for the operator's log. */
  readonly warn?: (words: string) => void;
  /** The same for all controllers of a database. */
  readonly leaseMs?: number;
  readonly roundMs?: number;
  readonly reconcileMs?: number;
  /** Moves that it looks after at a time. */
  readonly most?: number;
  readonly clock?: Clock;
}

/** A move in our hands, until it is over or somebody else's. */
interface Tended {
  readonly lease: Lease;
  run(): Promise<void>;
  cancel(): void;
  /** @param shares bytes per second of its links, by the move's id */
  shareLink(shares: ReadonlyMap<string, number>): void;
}

/** Between two rounds, however much is told: what many moves change at once is one round's work, in each controller. */
const REST_MS = 100;

const DEFAULTS = { leaseMs: 15_000, roundMs: 1000, reconcileMs: 10_000, most: 300 };

const BEAT = `
with beat as (
  insert into fleet.controller (id, machine, pid, start_ticks, host, version) values ($1, $2, $3, $4, $5, $6)
  on conflict (id) do update set seen = now()
), old as (
  delete from fleet.controller where seen < now() - interval '1 day'
)
select version from switchover.schema_version where part = $7`;

export class FleetController implements AsyncDisposable {
  readonly id = randomUUID();
  private readonly options: Required<ControllerOptions>;
  private readonly identity: ControllerIdentity = ownIdentity();
  private readonly stages: readonly Stage[];
  private readonly leases: Leases;
  private readonly runs = new Map<Tended, Promise<void>>();
  private readonly repeated: readonly Repeated[];
  private readonly round: Repeated;
  private readonly listener: Listener;
  private state: 'running' | 'closed' = 'running';
  private beatMs = Number.NEGATIVE_INFINITY;
  /** Whether the hosts were asked. */
  private hasLooked = false;
  private readonly closing = Promise.withResolvers<string>();

  private constructor(options: Required<ControllerOptions>) {
    this.options = options;
    const { database, leaseMs, clock, roundMs, reconcileMs } = options;
    this.stages = stagesOf(options.hooks);
    this.leases = new Leases(database, { holder: this.id, leaseMs, clock, stages: this.stages });
    const repeat = (pace: { everyMs: number; restMs?: number }, doing: () => Promise<void>) =>
      new Repeated(clock, pace, doing, (error) => options.warn(String(error)));
    this.round = repeat({ everyMs: roundMs, restMs: REST_MS }, () => this.doRound());
    this.repeated = [
      this.round,
      repeat({ everyMs: leaseMs / 4 }, () => this.leases.renew()),
      repeat({ everyMs: reconcileMs }, () => this.look()),
    ];
    this.listener = new Listener(database.config, CHANNEL, () => this.round.now());
  }

  /** @throws {StoreError} where the tables are not those that this switchover knows */
  static async start(given: ControllerOptions): Promise<FleetController> {
    await openSchema(given.database, [FLEET_TABLES], 'refuse');
    const controller = new FleetController({
      ...DEFAULTS,
      clock: REAL_CLOCK,
      warn: () => {},
      prepare: async () => {},
      hooks: NO_HOOKS,
      ...given,
    });
    for (const each of controller.repeated.toReversed()) each.now();
    return controller;
  }

  /** Fulfilled with the reason once it has closed. */
  get closed(): Promise<string> {
    return this.closing.promise;
  }

  /** How many moves it looks after. */
  get count(): number {
    return this.leases.count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close('it was asked to');
  }

  private async close(reason: string): Promise<void> {
    if (this.state === 'closed') {
      await this.closing.promise;
      return;
    }
    this.state = 'closed';
    await this.listener[Symbol.asyncDispose]();
    await Promise.all(this.repeated.map((each) => each.stop()));
    const held = [...this.leases];
    for (const lease of held) lease.lose();
    // Nobody may have them while an act of ours is still under way.
    await Promise.all(this.runs.values());
    // Where the store is away they run out by themselves.
    await Promise.all(held.map((lease) => this.leases.release(lease).catch(() => {})));
    await this.options.database
      .query('delete from fleet.controller where id = $1', [this.id])
      .catch(() => {});
    this.closing.resolve(reason);
  }

  private async doRound(): Promise<void> {
    const { database, place, prepare, most, leaseMs, clock, roundMs } = this.options;
    // A round for each thing that is told would be as many signs of life.
    if (clock.now() - this.beatMs >= roundMs / 2) {
      if (!(await this.beat())) return;
      await endLeasesOfDead(database, this.identity);
      this.beatMs = clock.now();
    }
    if (this.hasLooked)
      await admit(database, { place, prepare, stages: this.stages, controller: this.id, longestMs: leaseMs });
    if (this.state === 'closed') return;
    for (const { move, lease, isMoved } of await this.leases.take(most - this.leases.count)) {
      const deps = { ...this.options, leases: this.leases, controller: this.id };
      const run = isMoved ? new MoveRun(deps, lease, move) : new StopRun(deps, lease, move);
      this.runs.set(
        run,
        this.follow(run).finally(() => this.runs.delete(run)),
      );
    }
    const running = [...this.runs.keys()];
    const toCancel = await movesToCancel(
      database,
      running.map(({ lease }) => lease.vm),
    );
    for (const run of running) if (toCancel.has(run.lease.vm)) run.cancel();
    if (running.length === 0) return;
    const shares = await readShares(database);
    for (const run of running) run.shareLink(shares);
  }

  /** @returns whether the tables are still those that we know */
  private async beat(): Promise<boolean> {
    const { machine, pid, startTicks, host } = this.identity;
    const [tables] = await this.options.database.query<{ version: number }>(BEAT, [
      ...[this.id, machine, pid, startTicks, host, VERSION, FLEET_TABLES.name],
    ]);
    if ((tables?.version ?? 0) <= FLEET_TABLES.steps.length) return true;
    const reason = `the tables of the fleet have version ${tables?.version}, and this switchover knows up to ${FLEET_TABLES.steps.length}: use a newer switchover`;
    this.options.warn(reason);
    // Not waited for: closing waits for this round.
    this.close(reason).catch((error: unknown) => this.options.warn(String(error)));
    return false;
  }

  private async look(): Promise<void> {
    const { database, mover, leaseMs } = this.options;
    await claimSeen(database, () => mover.running(), { controller: this.id, longestMs: leaseMs });
    if (this.hasLooked) return;
    this.hasLooked = true;
    this.round.now();
  }

  private async follow(run: Tended): Promise<void> {
    try {
      await run.run();
      await this.leases.release(run.lease);
    } catch (error) {
      if (error instanceof MoveChangedError) await this.leases.release(run.lease).catch(() => {});
      else if (!(error instanceof LeaseLostError)) this.options.warn(String(error));
      // The lease runs out by itself: that is the pause before somebody tries again.
      this.leases.drop(run.lease);
    } finally {
      if (this.state === 'running') this.round.now();
    }
  }
}
