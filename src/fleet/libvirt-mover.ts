/**
 * Moves VMs between libvirt hosts, each by a run of `src/migration`: with the journal, lease, mark and limits of
 * any other migration of switchover. What a controller before us left is gone on with in its journal.
 */
import { addAbortListener } from 'node:events';
import type { Config } from '../config/config.ts';
import { failureClass } from '../drain/failures.ts';
import { RefusedError } from '../hypervisor/hypervisor.ts';
import { type Access, REAL_ACCESS } from '../hypervisor/libvirt/access.ts';
import { domainAddress } from '../hypervisor/libvirt/address.ts';
import { ask } from '../hypervisor/libvirt/ask.ts';
import { lookUpDomain } from '../hypervisor/libvirt/domain/domain.ts';
import { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import { type DomainEvents, EventHub } from '../hypervisor/libvirt/virsh/event-hub.ts';
import type { Initiator } from '../journal/initiator.ts';
import { isUnfinished } from '../journal/unfinished.ts';
import { beginRun } from '../migration/begin.ts';
import type { Run, RunStore } from '../migration/run.ts';
import { takeOverRun } from '../migration/take-over.ts';
import { choosePolicy } from '../policy/policies.ts';
import { DEFAULT_LIMITS, type Limits } from '../policy/policy.ts';
import { type DrainSettings, type VmSettings, vmSettingsOf } from './drain-settings.ts';
import { LibvirtGuests } from './libvirt-guests.ts';
import { LibvirtHosts } from './libvirt-hosts.ts';
import { ELSEWHERE, LibvirtWays, type WaysParts } from './libvirt-ways.ts';
import { attendedOf, failureOfRefusal } from './migration-end.ts';
import {
  type Attended,
  type Failure,
  type Guard,
  type Located,
  type Mover,
  type Ride,
  type Seen,
  StartFailed,
} from './mover.ts';
import { assertWord, obstaclesOf } from './obstacles.ts';

export interface LibvirtMoverParts extends WaysParts {
  readonly store: RunStore;
  readonly initiator: Initiator;
  config(): Config;
  /** Undefined: there is no such drain. */
  settingsOf(drain: string): Promise<DrainSettings | undefined>;
  say(sentence: string): void;
  /** By what hosts are reached. Left out: really. */
  readonly access?: Access;
  readonly hub?: DomainEvents;
}

const LOOK_EVERY_MS = 1000;

export class LibvirtMover implements Mover {
  readonly guests: LibvirtGuests;
  private readonly parts: LibvirtMoverParts;
  private readonly access: Access;
  private readonly hosts: LibvirtHosts;
  private readonly ways: LibvirtWays;
  private readonly plain: LibvirtHypervisor;
  /** Takes the definition along: what is left behind defined would be started a second time by its autostart. */
  private readonly whole: LibvirtHypervisor;
  /** By the VM's UUID. */
  private readonly runs = new Map<string, Run>();
  /** The bandwidth that its settings state, whatever its share of a link is; by the VM's UUID. */
  private readonly ownCaps = new Map<string, number | undefined>();

  constructor(parts: LibvirtMoverParts) {
    this.parts = parts;
    const { access = REAL_ACCESS, hub = new EventHub() } = parts;
    this.access = access;
    this.hosts = new LibvirtHosts(access);
    this.guests = new LibvirtGuests(access, () => parts.config());
    this.ways = new LibvirtWays(this.hosts, parts);
    this.plain = new LibvirtHypervisor({ access, hub });
    this.whole = new LibvirtHypervisor({ access, hub, migrate: { persistent: true, undefineSource: true } });
  }

  async locate({ vm, source, destination }: Ride): Promise<Located> {
    if (source === ELSEWHERE) return await this.ways.arrivalOf(vm, destination);
    const here = await this.hosts.at(source, vm, 'source');
    if (here.jobLasts)
      return { kind: 'migrating', source, destination: await this.ways.whereTo(vm, source, destination) };
    await this.settleLeft(vm, source);
    if (RUNS.has(here.state)) return { kind: 'at', host: source };
    const others = [destination, ...this.parts.destinations(), ...this.parts.sources()];
    for (const host of new Set(others)) {
      if (host === source || host === ELSEWHERE || host === '') continue;
      // Only the one that it was sent to has to answer: the others are a help.
      const there = await this.hosts.at(host, vm, 'destination').catch((error: unknown) => {
        if (host === destination) throw error;
      });
      if (!there) continue;
      if (RUNS.has(there.state)) return { kind: 'at', host };
      if (host === destination && there.state !== 'gone')
        throw new Error(`${source} has handed the VM ${vm} over, and on ${host} it is ${there.state}`);
    }
    if (here.state !== 'gone' && here.state !== 'handed-over')
      throw new Error(`${source} says that the VM ${vm} is ${here.state}`);
    return { kind: 'absent' };
  }

  async start(ride: Ride, guard: Guard): Promise<void> {
    const { vm, source, destination } = ride;
    const asked = ride.drain === null ? undefined : await this.parts.settingsOf(ride.drain);
    const to = asked?.to.find(({ uri }) => uri === destination);
    if (!asked || !to)
      throw new StartFailed({
        ...{ class: 'permanent', code: 'no-destination' },
        words: `${destination} is no destination of its drain`,
      });
    try {
      const { facts, description } = await lookUpDomain(domainAddress(source, vm), false, this.access);
      const { name } = facts;
      const { metadata, metadataNamespaces } = description;
      const [obstacle] = obstaclesOf({ facts, metadataNamespaces });
      if (obstacle && obstacle.code !== 'already-migrating')
        throw new StartFailed({ class: 'permanent', ...obstacle });
      const { limits, kind, tls, maintenance } = this.settings({ name, metadata }, asked, ride);
      assertWord(ride, maintenance, name);
      const hypervisor = (await this.isPersistent(source, vm)) ? this.whole : this.plain;
      if (!guard.mayAct()) throw new StartFailed(TOO_LATE);
      const run = await beginRun(
        {
          vm: domainAddress(source, name),
          destination: {
            vm: domainAddress(destination, name),
            peerUri: destination,
            migrateUri: to.migrateUri,
            listenUri: undefined,
          },
          ...{ kind, tls, force: asked.force },
          limits: { ...limits, bandwidthBytesPerSecond: this.capOf(ride, limits) },
          reason: asked.isReturn ? `it comes back from ${source}` : `${source} is drained`,
          correlationId: ride.id,
        },
        { hypervisor, store: this.parts.store, initiator: this.parts.initiator },
      );
      this.follow(vm, run);
      await begunOrFailed(run);
    } catch (error) {
      if (error instanceof StartFailed) this.runs.delete(vm);
      if (error instanceof RefusedError) {
        this.runs.delete(vm);
        throw new StartFailed(failureOfRefusal(error), { cause: error });
      }
      throw error;
    }
  }

  async attach(ride: Ride, guard: Guard): Promise<Attended> {
    const { vm } = ride;
    if (ride.isForeign) return await this.watch(ride, guard);
    const run = this.runs.get(vm) ?? (await this.takeOver(ride));
    using _listening = addAbortListener(guard.letGo, () => void run.detach('let go of by its controller'));
    try {
      return attendedOf(await run.outcome);
    } finally {
      if (this.runs.get(vm) === run) {
        this.runs.delete(vm);
        this.ownCaps.delete(vm);
      }
    }
  }

  /** What others began is theirs: it is looked at until it is over, and nothing is done to it. */
  private async watch(ride: Ride, { letGo }: Guard): Promise<Attended> {
    while (!letGo.aborted && (await this.locate(ride)).kind === 'migrating')
      await this.access.clock.sleep(LOOK_EVERY_MS);
    return {};
  }

  async cancel({ vm }: Ride, guard: Guard): Promise<void> {
    const run = this.runs.get(vm);
    if (!run) throw new Error('its migration is not looked after here yet');
    if (!guard.mayAct()) return;
    if ((await run.cancel('its drain was cancelled')) === 'failed')
      throw new Error('its migration did not say that it ends');
  }

  async shareLink(ride: Ride, guard: Guard): Promise<boolean> {
    const run = this.runs.get(ride.vm);
    if (!run || !guard.mayAct()) return false;
    const own = { bandwidthBytesPerSecond: this.ownCaps.get(ride.vm) };
    return (await run.setPassCap(this.capOf(ride, own), 'its share of the link')) === 'holds';
  }

  /** What is stated of the VM is never exceeded, however much its links have left. */
  private capOf(
    { vm, share }: Ride,
    { bandwidthBytesPerSecond: own }: Pick<Limits, 'bandwidthBytesPerSecond'>,
  ) {
    this.ownCaps.set(vm, own);
    if (share === undefined || own === undefined) return share ?? own;
    return Math.min(share, own);
  }

  async shutDown(ride: Ride, guard: Guard): Promise<void> {
    const { vm, source, way } = ride;
    const asked = ride.drain === null ? undefined : await this.parts.settingsOf(ride.drain);
    try {
      const { facts, description } = await lookUpDomain(domainAddress(source, vm), false, this.access);
      const { metadata, metadataNamespaces } = description;
      const [obstacle] = obstaclesOf({ facts, metadataNamespaces });
      if (obstacle) throw new StartFailed({ class: classOf(obstacle.code), ...obstacle });
      const { name, state } = facts;
      assertWord(ride, this.settings({ name, metadata }, asked ?? NOTHING_STATED, ride).maintenance, name);
      if (state === 'paused') throw new StartFailed(STANDS_STILL);
      if (way === 'shutdown-and-return' && !(await this.isPersistent(source, vm)))
        throw new StartFailed(FORGOTTEN);
      if (!guard.mayAct()) throw new StartFailed(TOO_LATE);
      await ask(source, ['shutdown', `--domain=${vm}`], this.access);
    } catch (error) {
      if (error instanceof RefusedError) throw new StartFailed(failureOfRefusal(error), { cause: error });
      throw error;
    }
  }

  async startUp({ vm, source }: Ride, guard: Guard): Promise<void> {
    if (!guard.mayAct()) throw new StartFailed(TOO_LATE);
    try {
      await ask(source, ['start', `--domain=${vm}`], this.access);
    } catch (error) {
      if (error instanceof RefusedError) throw new StartFailed(failureOfRefusal(error), { cause: error });
      throw error;
    }
  }

  async running(): Promise<readonly Seen[]> {
    return await this.ways.running();
  }

  private async isPersistent(source: string, vm: string): Promise<boolean> {
    return /^Persistent:\s+yes$/m.test(await ask(source, ['dominfo', `--domain=${vm}`], this.access));
  }

  private settings(
    domain: { name: string; metadata: Record<string, string> | undefined },
    asked: Pick<DrainSettings, 'stated'>,
    { stated }: Pick<Ride, 'stated'>,
  ): VmSettings {
    const { name, metadata } = domain;
    return vmSettingsOf(
      this.parts.config(),
      metadata === undefined ? { name } : { name, metadata },
      asked,
      stated,
    );
  }

  /** @throws {RefusedError} */
  private async takeOver(ride: Ride): Promise<Run> {
    const { vm, source, destination, drain } = ride;
    const asked = drain === null ? undefined : await this.parts.settingsOf(drain);
    const { facts, description } = await lookUpDomain(domainAddress(source, vm), true, this.access);
    const { name } = facts;
    const { limits, kind } = asked
      ? this.settings({ name, metadata: description.metadata }, asked, ride)
      : { limits: DEFAULT_LIMITS, kind: choosePolicy('forecast', {}) };
    this.ownCaps.set(vm, limits.bandwidthBytesPerSecond);
    const run = await takeOverRun(
      {
        ...{ vm: domainAddress(source, name), kind, limits },
        destination: destination === ELSEWHERE ? undefined : domainAddress(destination, name),
        reason: asked && (asked.isReturn ? `it comes back from ${source}` : `${source} is drained`),
        correlationId: ride.id,
        // It is the drain's, also where the journal of the controller that began it is on another machine.
        mayEndOthers: true,
      },
      { hypervisor: this.plain, store: this.parts.store, initiator: this.parts.initiator },
    );
    this.follow(vm, run);
    return run;
  }

  private follow(vm: string, run: Run): void {
    this.runs.set(vm, run);
    // Whoever waits for it is told; it may be over before anybody does.
    run.outcome.catch(() => {});
  }

  /** Of a migration whose end no controller of this machine saw: its journal is closed, and what it had set is put back. */
  private async settleLeft(vm: string, source: string): Promise<void> {
    if (this.runs.has(vm)) return;
    try {
      const left = await this.parts.store.owingOf({ uuid: vm, vm: domainAddress(source, vm) });
      if (!left || !isUnfinished(left) || left.outcome?.runsOn === 'unknown') return;
      const wish = {
        vm: left.vm,
        destination: undefined,
        kind: choosePolicy(left.policy, {}),
        limits: left.limits,
      };
      const { store, initiator } = this.parts;
      const run = await takeOverRun(wish, { hypervisor: this.plain, store, initiator });
      await run.outcome;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      // Another process has it in its hands, or its host does not answer.
      this.parts.say(`the journal of ${vm} is not settled yet: ${error.message}`);
    }
  }
}

const NOTHING_STATED = { stated: {} };

const TOO_LATE = { class: 'transient', code: 'held', words: 'its lease ran out before it began' } as const;

const STANDS_STILL: Failure = {
  class: 'permanent',
  code: 'stands-still',
  words: 'it stands still, so it cannot shut down by itself',
  remedy: 'let it run, or shut it down by hand',
};

const FORGOTTEN: Failure = {
  class: 'permanent',
  code: 'transient-domain',
  words: 'it is to be started again, and libvirt forgets it once it is off: it is not defined there',
  remedy: 'define it with `virsh define`',
};

function classOf(code: string): Failure['class'] {
  return failureClass(code) === 'transient' ? 'transient' : 'permanent';
}

/** It is there, and nothing moves it. */
const RUNS: ReadonlySet<string> = new Set(['running', 'paused']);

/** @throws {RefusedError} where it was refused at the last moment @throws {StartFailed} where it is over already */
async function begunOrFailed(run: Run): Promise<void> {
  await run.begun;
  const over = await Promise.race([
    run.outcome,
    new Promise<undefined>((resolve) => setImmediate(resolve, undefined)),
  ]);
  const attended = over && attendedOf(over);
  if (attended && 'failure' in attended && attended.failure) throw new StartFailed(attended.failure);
}
