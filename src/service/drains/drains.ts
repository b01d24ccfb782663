/** Drains as the API's routes ask for them. What is wanted is written into the database; the controllers on it carry it out. */
import type { Config } from '../../config/config.ts';
import { definedOnly } from '../../config/defined-only.ts';
import type { PlannedDrain } from '../../drain/document.ts';
import { DrainError } from '../../drain/reduce.ts';
import { beginPlanned } from '../../fleet/begin-drain.ts';
import { decideVm } from '../../fleet/decide.ts';
import { type Cordon, readDrainDetail, readHostLoads } from '../../fleet/drain-detail.ts';
import { openingsOn } from '../../fleet/drain-forecast.ts';
import type { DrainHosts } from '../../fleet/drain-hosts.ts';
import {
  type DrainRow,
  drainOfHost,
  listDrains,
  type MoveRow,
  readDrain,
  readDrains,
} from '../../fleet/drain-rows.ts';
import {
  cancelDrain,
  endDrain,
  pauseDrain,
  releaseDrain,
  releaseHeld,
  resumeDrain,
} from '../../fleet/drains.ts';
import { hooksOf, stagesOf } from '../../fleet/hooks.ts';
import { cordonHost, uncordonHost } from '../../fleet/hosts.ts';
import { type KeptPlan, readKeptPlan } from '../../fleet/kept-plan.ts';
import { beginReturn } from '../../fleet/return-drain.ts';
import type { Database } from '../../postgres/database.ts';
import { StoreError } from '../../postgres/store-error.ts';
import type { LiveMigrations } from '../live-migrations.ts';
import type { Migrations } from '../migrations.ts';
import { Problem } from '../problem.ts';
import type { DrainSummary, DrainView, DrainVmView } from './drain-document.ts';
import { DrainPlans, type PlanDrain } from './drain-plans.ts';
import type {
  DecideRequest,
  DrainAct,
  DrainPlanRequest,
  DrainRequest,
  ReturnRequest,
} from './drain-requests.ts';
import { assertHost, deadlineOf, drainSettingsOf } from './drain-wish.ts';
import type { FleetStore } from './fleet-store.ts';
import { HostRooms } from './host-rooms.ts';
import { migrationsOf } from './migrations-of.ts';
import { drainSummaryOf, drainViewOf, type Shown } from './show-drain.ts';

export interface DrainsParts {
  readonly store: Pick<FleetStore, 'database'>;
  /** Asked what room they have. */
  readonly hosts: Pick<DrainHosts, 'look'>;
  readonly live: LiveMigrations;
  /** Knows those of the other services on the database. */
  readonly migrations: Pick<Migrations, 'ofMoves'>;
  readonly plan: PlanDrain;
  config(): Config;
  /** Hosts that the service follows. */
  readonly known: readonly string[];
}

export interface HostMark {
  readonly cordon: Cordon | undefined;
  /** The id of the drain that empties it. */
  readonly drain: string | undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Of drains that are over, before one that is not and was begun before all of them is not found. */
const MOST_LISTED = 200;
/** Of those that are over. */
const MOST_KEPT = 400;

export class Drains {
  private readonly parts: DrainsParts;
  private readonly plans: DrainPlans;
  private readonly rooms: HostRooms;
  private readonly over = new Map<string, DrainSummary>();
  /** They do not change once they are written. */
  private readonly kept = new Map<string, KeptPlan>();

  constructor(parts: DrainsParts) {
    this.parts = parts;
    this.plans = new DrainPlans(parts.plan);
    this.rooms = new HostRooms(parts.hosts);
  }

  /** The newest first. @param which `unreleased`: of whose host no other drain may make use @throws {Problem} */
  async list(which: 'running' | 'ended' | 'all' | 'unreleased', limit: number): Promise<DrainSummary[]> {
    return await this.asked(async (database) => {
      const rows =
        which === 'running'
          ? [...(await readDrains(database))].reverse()
          : (await listDrains(database, MOST_LISTED)).filter((each) => isAmong(each, which));
      const found: DrainSummary[] = [];
      for (const row of rows.slice(0, limit)) {
        const summary = await this.summaryOf(database, row);
        if (summary) found.push(summary);
      }
      return found;
    });
  }

  /** @throws {Problem} where there is none */
  async get(id: string): Promise<DrainView> {
    return await this.asked(async (database) => await this.view(database, id));
  }

  /** With the number of the newest of what happened to it. @throws {Problem} where there is none */
  async view(database: Database, id: string): Promise<DrainView> {
    const shown = await this.readOrRefuse(database, id);
    const loads = await readHostLoads(database);
    const ids = await migrationsOf(shown.rows.moves, this.parts);
    return drainViewOf(shown, {
      loads,
      roomOf: (host) => this.rooms.of(host),
      migrationOf: ({ id }) => ids.get(id) ?? null,
    });
  }

  async has(id: string): Promise<boolean> {
    return await this.asked(async (database) => (await this.read(database, id)) !== undefined);
  }

  /** Touches nothing. @throws {Problem} */
  async plan(request: DrainPlanRequest): Promise<PlannedDrain> {
    drainSettingsOf(request, this.parts.config(), this.parts.known);
    deadlineOf(request);
    return await saying('not-now', async () => await this.plans.fresh(request));
  }

  /** @returns the drain that the host has already, or a new one @throws {Problem} where nothing is begun */
  async begin(
    request: DrainRequest,
    requestedBy: string,
  ): Promise<{ readonly id: string; readonly isNew: boolean }> {
    const { config, known } = this.parts;
    const settings = drainSettingsOf(request, config(), known);
    const deadlineInMs = deadlineOf(request);
    return await this.asked(async (database) => {
      const there = await drainOfHost(database, request.host);
      if (there && there.state !== 'ended') return { id: there.id, isNew: false };
      const planned = await saying('not-now', async () => await this.plans.recent(request));
      const { held } = planned.plan;
      if (request.allOrNothing && held.length > 0)
        throw new Problem(
          409,
          'some-stay',
          `nothing is moved, as not all can leave: ${held.map(({ vm }) => vm.name).join(', ')} cannot; POST /v1/plans/drain says why`,
        );
      const leftMs = deadlineInMs();
      const wanted = {
        ...{ host: request.host, requestedBy, settings },
        priority: request.priority ?? config().drain.priority ?? 0,
        ...(request.reason === undefined ? {} : { reason: request.reason }),
        ...(leftMs === undefined ? {} : { deadline: new Date(Date.now() + leftMs) }),
      };
      return await saying('not-now', async () => await beginPlanned(database, wanted, planned));
    });
  }

  /** @param abortRunning of a cancel: what is on its way stays @throws {Problem} where that is not possible now */
  async act(id: string, action: DrainAct, { abortRunning = false } = {}): Promise<void> {
    await this.asked(async (database) => {
      const { actions, state, outcome } = drainSummaryOf(await this.readOrRefuse(database, id));
      if (!actions.includes(action)) throw notNow(action, state, outcome);
      if (action === 'pause') await pauseDrain(database, id);
      if (action === 'resume') await resumeDrain(database, id);
      if (action === 'release') await releaseDrain(database, id);
      if (action === 'cancel') {
        await cancelDrain(database, id, { endRunning: abortRunning });
        await endDrain(database, id, 'cancelled');
      }
    });
  }

  /** @throws {Problem} where it is not held */
  async retry(id: string, vm: string): Promise<void> {
    await this.asked(async (database) => {
      const move = await this.moveThatMay(database, id, vm, 'retry', NOT_HELD);
      if (!(await releaseHeld(database, move.id))) throw notHeld(move.name);
    });
  }

  /** It may stand still for longer than the others, and is tried again. @throws {Problem} where it is not held */
  async allowPause(id: string, vm: string, maxDowntimeMs: number, by: string): Promise<void> {
    await this.asked(async (database) => {
      await this.moveThatMay(database, id, vm, 'retry', NOT_HELD);
      await decideVm(database, id, vm, { decision: 'move', by, stated: { maxDowntimeMs } });
    });
  }

  /** A person's word for one VM. @throws {Problem} where it has left, or is about to */
  async decide(
    id: string,
    vm: string,
    { decision, maxDowntimeMs }: Omit<DecideRequest, 'reason'>,
    by: string,
  ): Promise<void> {
    await this.asked(async (database) => {
      await this.moveThatMay(database, id, vm, 'decide', 'is not to be decided of now');
      const wish = { decision, by, stated: definedOnly({ maxDowntimeMs }) };
      await saying('not-now', async () => await decideVm(database, id, vm, wish));
    });
  }

  /** What left comes back. @returns the drain that brings it @throws {Problem} where that is not possible now */
  async bringBack(
    id: string,
    { to }: Omit<ReturnRequest, 'reason'>,
    by: string,
  ): Promise<{ readonly id: string; readonly isNew: boolean }> {
    const { config, known } = this.parts;
    if (to && !known.includes(to.host)) assertHost(to.host);
    return await this.asked(async (database) => {
      const { rows } = await this.readOrRefuse(database, id);
      const { drain } = rows;
      if (drain.kind === 'return')
        throw new Problem(409, 'not-now', 'it brings back what had left already: that goes on by itself');
      const wish = {
        by,
        ...(to ? { to: { uri: to.host, ...definedOnly({ migrateUri: to.migrateUri }) } } : {}),
        hooks: stagesOf(hooksOf(config().drain)),
      };
      const back = await saying('not-now', async () => await beginReturn(database, drain, wish));
      if (back) return back;
      throw new Problem(409, 'nothing-left', `nothing that left ${drain.host} is to come back`);
    });
  }

  /** Nothing new is to come there. @returns whether it is news @throws {Problem} */
  async cordon(host: string, by: string, reason: string | undefined): Promise<boolean> {
    return await this.asked(async (database) => await cordonHost(database, host, by, reason));
  }

  /** @returns whether it was cordoned @throws {Problem} */
  async uncordon(host: string): Promise<boolean> {
    return await this.asked(async (database) => await uncordonHost(database, host));
  }

  /** What is to be said of hosts, of those that nobody follows too. @throws {Problem} */
  async marks(): Promise<ReadonlyMap<string, HostMark>> {
    return await this.asked(async (database) => {
      const loads = await readHostLoads(database);
      const marks = new Map<string, HostMark>();
      for (const [host, { cordon }] of loads) if (cordon) marks.set(host, { cordon, drain: undefined });
      for (const { host, id } of await readDrains(database))
        marks.set(host, { cordon: marks.get(host)?.cordon, drain: id });
      return marks;
    });
  }

  /** @throws {Problem} of what the database says */
  async asked<T>(doing: (database: Database) => Promise<T>): Promise<T> {
    try {
      return await doing(await this.parts.store.database());
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new Problem(503, 'database-away', `drains cannot be told or changed now: ${error.message}`, {
        cause: error,
      });
    }
  }

  /** One that is over stays as it is, but for its release: it is read once. */
  private async summaryOf(database: Database, { id, outcome }: DrainRow): Promise<DrainSummary | undefined> {
    const known = this.over.get(id);
    if (known && known.outcome === outcome) return known;
    const shown = await this.read(database, id);
    const summary = shown && drainSummaryOf(shown);
    if (summary?.final) {
      const [oldest] = this.over.keys();
      if (this.over.size >= MOST_KEPT && oldest !== undefined) this.over.delete(oldest);
      this.over.set(id, summary);
    }
    return summary;
  }

  private async read(database: Database, id: string): Promise<Shown | undefined> {
    if (!UUID.test(id)) return undefined;
    const rows = await readDrain(database, id);
    const detail = rows && (await readDrainDetail(database, id));
    if (!detail) return undefined;
    const plan = await this.planOf(database, id, rows.drain.state === 'ended');
    return { rows, detail, plan, openings: await openingsOn(rows.drain) };
  }

  private async planOf(database: Database, id: string, isOver: boolean): Promise<KeptPlan> {
    if (isOver) {
      this.kept.delete(id);
      return new Map();
    }
    const known = this.kept.get(id);
    if (known) return known;
    const plan = await readKeptPlan(database, id);
    // It is written a moment after the drain.
    if (plan.size > 0) this.kept.set(id, plan);
    return plan;
  }

  private async readOrRefuse(database: Database, id: string): Promise<Shown> {
    const shown = await this.read(database, id);
    if (shown) return shown;
    throw new Problem(404, 'no-such-drain', `there is no drain ${id}: GET /v1/drains lists them`);
  }

  private async moveThatMay(
    database: Database,
    id: string,
    vm: string,
    action: DrainVmView['actions'][number],
    whyNot: string,
  ): Promise<MoveRow> {
    const { rows } = await this.readOrRefuse(database, id);
    const shown = (await this.view(database, id)).vms.find(({ uuid }) => uuid === vm);
    const move = rows.moves.find((each) => each.vm === vm);
    if (!shown || !move)
      throw new Problem(
        404,
        'no-such-vm',
        `the drain ${id} has no VM ${vm}: GET /v1/drains/${id} lists them`,
      );
    if (shown.actions.includes(action)) return move;
    throw new Problem(
      409,
      action === 'decide' ? 'not-now' : 'not-held',
      `${move.name} ${whyNot}: ${shown.words}`,
    );
  }
}

function isAmong({ state, outcome }: DrainRow, which: 'ended' | 'all' | 'unreleased'): boolean {
  if (which === 'all') return true;
  return which === 'ended' ? state === 'ended' : state !== 'ended' || outcome === 'expired';
}

const NOT_HELD = "waits for nobody's word";

/** What cannot be done is told as it is. @throws {Problem} */
async function saying<T>(code: string, doing: () => Promise<T>): Promise<T> {
  try {
    return await doing();
  } catch (error) {
    if (error instanceof DrainError) throw new Problem(409, code, error.message);
    throw error;
  }
}

function notHeld(name: string): Problem {
  return new Problem(409, 'not-held', `${name} is not held any more: look again`);
}

function notNow(action: DrainAct, state: string, outcome: string | null): Problem {
  if (outcome !== null) return new Problem(409, 'drain-over', `the drain is over: it was ${outcome}`);
  const why: Readonly<Record<DrainAct, string>> = {
    pause: `it is ${state === 'empty' ? 'empty' : 'paused, or was cancelled'} already`,
    resume: 'it is not paused',
    cancel: state === 'empty' ? 'it is empty: release it' : 'it was cancelled already',
    release: 'it is released already',
  };
  return new Problem(409, 'not-now', `there is nothing to ${action}: ${why[action]}`);
}
