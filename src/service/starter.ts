/** Starts what is asked for over the API, on real hosts, plans it, and goes on with what an earlier service let go of. */
import { RefusedError } from '../hypervisor/hypervisor.ts';
import { type Initiator, initiatorHere } from '../journal/initiator.ts';
import { JournalError } from '../journal/journal-error.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import { isUnfinished } from '../journal/unfinished.ts';
import { type MigrationView, viewOf } from '../journal/view.ts';
import { beginRun } from '../migration/begin.ts';
import type { Run, RunStore } from '../migration/run.ts';
import { takeOverRun } from '../migration/take-over.ts';
import type { Planned } from '../plan/document.ts';
import { choosePolicy } from '../policy/policies.ts';
import type { Caller } from './access.ts';
import { type Asked, problemOf } from './asked.ts';
import type { Migrations } from './migrations.ts';
import { planVm } from './plan-vm.ts';
import { rememberingJournals } from './remembered-journals.ts';
import type { PlanRequest, StartRequest } from './requests.ts';
import type { Begins } from './started-once.ts';
import { toldFirst } from './told-first.ts';

export interface StarterParts {
  readonly migrations: Migrations;
  readonly store: JournalStore;
  readonly asked: Asked;
  say(sentence: string): void;
}

/** Of the journals that are looked through for what was let go of. */
const NEWEST = 500;

export class Starter {
  private readonly parts: StarterParts;
  /** For what is to begin. */
  private readonly remembered: RunStore;

  constructor(parts: StarterParts) {
    this.parts = parts;
    this.remembered = rememberingJournals(parts.store);
  }

  /** @returns the id of what has begun @throws {Problem} where it was refused, and nothing was touched */
  async start(request: StartRequest, caller: Caller, begins: Begins): Promise<string> {
    const { migrations, asked, say } = this.parts;
    try {
      const places = asked.placesOf(request);
      const { limits, kind, tls } = await asked.settled(request, places);
      const { hypervisor, vm, destination } = places;
      const { reason, correlationId } = request;
      const run = await beginRun(
        { vm, destination, kind, limits, tls, force: false, reason, correlationId },
        { hypervisor, store: toldFirst(this.remembered, begins), say, initiator: initiatedBy(caller) },
      );
      migrations.follow(run);
      await begunOrRefused(run);
      return run.id;
    } catch (error) {
      throw problemOf(error);
    }
  }

  /** Changes nothing. @throws {Problem} where there is nothing to plan */
  async plan(request: PlanRequest): Promise<Planned> {
    const { store, asked, say } = this.parts;
    try {
      const places = asked.planPlacesOf(request);
      const { limits, kind } = await asked.settled(request, places);
      const { hypervisor, vm, destination } = places;
      const manager = asked.managerOf(hypervisor);
      const { whatIf, probeMs: longestProbeMs } = request;
      const wish = { vm, destination, manager, kind, limits, force: false, whatIf, longestProbeMs };
      return (await planVm(wish, hypervisor, store, say)).planned;
    } catch (error) {
      throw problemOf(error);
    }
  }

  /** Those that a service on this machine was following when it ended, each under its own id. */
  async resume(): Promise<void> {
    for (const left of await this.leftBehind()) {
      try {
        await this.goOnWith(left);
      } catch (error) {
        if (!(error instanceof RefusedError || error instanceof JournalError)) throw error;
        this.parts.say(`${left.id} is not gone on with: ${error.message}`);
      }
    }
  }

  private async goOnWith(left: MigrationView): Promise<void> {
    const { store, migrations, asked, say } = this.parts;
    const kind = choosePolicy(left.policy, {});
    const wish = { vm: left.vm, destination: undefined, kind, limits: left.limits };
    const hypervisor = asked.hypervisorOf(left.vm);
    const run = await takeOverRun(wish, { hypervisor, store, say, initiator: initiatorHere() });
    migrations.follow(run);
    say(`${run.id}: gone on with, as a service before this one let go of it`);
  }

  private async leftBehind(): Promise<MigrationView[]> {
    const { store } = this.parts;
    const here = initiatorHere();
    const left: MigrationView[] = [];
    for (const id of (await store.list()).slice(-NEWEST)) {
      const { entries } = await store.read(id);
      const view = entries.length > 0 ? viewOf(entries) : undefined;
      const { host, command } = view?.initiator ?? {};
      const isOurs = host === here.host && command?.[1] === 'serve';
      // What watch took over it takes over again.
      if (view?.origin === 'migrate' && isUnfinished(view) && isOurs) left.push(view);
    }
    return left;
  }
}

function initiatedBy({ name }: Caller): Initiator {
  const here = initiatorHere();
  return name === 'local' ? here : { ...here, user: `${name} (by ${here.user})` };
}

/** @throws {RefusedError} where it was refused at the last moment, and has no journal */
async function begunOrRefused(run: Run): Promise<void> {
  const over = run.outcome.then(
    () => undefined,
    (error: unknown) => error,
  );
  await run.begun;
  const error = await Promise.race([over, new Promise((resolve) => setImmediate(resolve, undefined))]);
  if (error instanceof RefusedError) throw error;
}
