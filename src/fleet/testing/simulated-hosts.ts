/**
 * Hosts with VMs in memory, for whole drains with faults: what stands in for hypervisors where nothing is killed. What it is
 * judged by is its own record, and never what the engine believes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { noticeOf } from '../../config/notice.ts';
import { parseConfig } from '../../config/parse-config.ts';
import type { CalmLook, Reason } from '../../drain/facts.ts';
import type { CalmLooker, LookWish } from '../calm-waits.ts';
import type { DrainHosts, HostSeen, VmSeen } from '../drain-hosts.ts';
import { linkFrom, linkTo, vmSettingsOf } from '../drain-settings.ts';
import {
  type Attended,
  type Failure,
  type Guard,
  type Guests,
  type GuestWord,
  type Located,
  type Mover,
  type Ride,
  type Seen,
  StartFailed,
} from '../mover.ts';
import { assertWord } from '../obstacles.ts';

const GIB = 2 ** 30;

export const NO_CONFIG = parseConfig('', 'nothing');

export interface SimulatedVm {
  readonly uuid: string;
  readonly memoryGib?: number;
  /** Of its migrations, in milliseconds. */
  readonly lastsMs?: number;
  readonly obstacles?: readonly Reason[];
  readonly metadata?: Readonly<Record<string, string>>;
  /** How long it would have to stand still as it writes now; left out: hardly. Over five seconds its migrations give up. */
  readonly pauseMs?: number;
  /** After it was asked to; left out: at once. Infinite: never. */
  readonly shutsDownInMs?: number;
  /** What its agent makes of what it is told; left out: it is fine. @throws {Error} */
  readonly agent?: () => Promise<void>;
  /** How long its source lists it once it has moved; left out: not at all. */
  readonly lingersMs?: number;
  /** What the pre-flight of a destination says, by its name. */
  readonly refusedBy?: Readonly<Record<string, Failure>>;
}

export interface SimulatedMigration {
  readonly vm: string;
  readonly source: string;
  readonly destination: string;
  readonly by: string;
  readonly fromMs: number;
  toMs: number | undefined;
  /** Undefined while it runs. */
  arrived: boolean | undefined;
  failure: Failure | undefined;
  /** How it ended is told nobody, and the VM is where it was. */
  isLost?: boolean;
  /** What it may take of its links, in bytes per second, and what it might before. */
  share: number | undefined;
  readonly sharesBefore: (number | undefined)[];
}

/** What a guest was told. */
interface Told extends Pick<GuestWord, 'event' | 'host'> {
  readonly vm: string;
  readonly inMs: number;
  readonly atMs: number;
}

interface There {
  readonly vm: SimulatedVm;
  host: string | undefined;
}

export class SimulatedHosts implements DrainHosts {
  readonly migrations: SimulatedMigration[] = [];
  /** Who was asked to shut down, each time. */
  readonly shutDowns: string[] = [];
  readonly startUps: string[] = [];
  readonly told: Told[] = [];
  /** What it had to refuse: the caller erred. */
  readonly refused: string[] = [];
  private readonly vms = new Map<string, There>();
  private readonly away = new Map<string, 'dead' | 'deaf'>();
  private readonly freeGib: ReadonlyMap<string, number>;

  constructor(
    vms: Readonly<Record<string, readonly SimulatedVm[]>>,
    freeGib: Readonly<Record<string, number>> = {},
  ) {
    for (const [host, there] of Object.entries(vms)) for (const vm of there) this.appear(host, vm);
    this.freeGib = new Map(Object.entries(freeGib));
  }

  appear(host: string, vm: SimulatedVm): void {
    this.vms.set(vm.uuid, { vm, host });
  }

  /** It is powered off. */
  vanish(uuid: string): void {
    this.there(uuid).host = undefined;
  }

  /** Its owner says something else of it. */
  says(uuid: string, metadata: Readonly<Record<string, string>>): void {
    this.change(uuid, { metadata });
  }

  /** Something of it is changed: a disk, a device. */
  change(uuid: string, more: Partial<SimulatedVm>): void {
    const there = this.there(uuid);
    this.vms.set(uuid, { ...there, vm: { ...there.vm, ...more } });
  }

  /** As virsh asks it. */
  shutDown(uuid: string): void {
    this.shutDowns.push(uuid);
    const { shutsDownInMs = 0 } = this.there(uuid).vm;
    if (Number.isFinite(shutsDownInMs)) setTimeout(() => this.vanish(uuid), shutsDownInMs).unref();
  }

  /** As virsh starts it. @throws {Error} where it runs */
  startUp(uuid: string, host: string): void {
    const there = this.there(uuid);
    if (there.host !== undefined) {
      this.refused.push(`${uuid} runs`);
      throw new Error(`${uuid} runs`);
    }
    there.host = host;
    this.startUps.push(uuid);
  }

  /** Its migrations fail, and it answers nobody. */
  die(host: string): void {
    this.away.set(host, 'dead');
    for (const each of this.running())
      if (each.destination === host)
        this.end(each, false, { class: 'transient', code: 'migration-failed', words: `${host} is gone` });
  }

  /** The migration of that VM that runs ends, and nobody knows how. */
  loseSight(uuid: string): void {
    for (const each of this.running())
      if (each.vm === uuid) {
        each.isLost = true;
        this.end(each, false, undefined);
      }
  }

  /** Its libvirtd is restarted: what runs goes on, and nobody is answered. */
  deafen(host: string): void {
    this.away.set(host, 'deaf');
  }

  recover(host: string): void {
    this.away.delete(host);
  }

  hostOf(uuid: string): string | undefined {
    return this.there(uuid).host;
  }

  on(host: string): readonly string[] {
    return [...this.vms.values()].flatMap((each) => (each.host === host ? [each.vm.uuid] : []));
  }

  running(): readonly SimulatedMigration[] {
    return this.migrations.filter(({ arrived }) => arrived === undefined);
  }

  /** @throws {Error} as libvirt refuses a second one */
  migrate(
    uuid: string,
    source: string,
    destination: string,
    by: string,
    longestPauseMs = LONGEST_PAUSE_MS,
  ): SimulatedMigration {
    const refuse = (words: string): never => {
      this.refused.push(words);
      throw new Error(words);
    };
    if (this.running().some(({ vm }) => vm === uuid)) refuse(`a migration of ${uuid} runs`);
    if (this.hostOf(uuid) !== source) refuse(`${uuid} is not on ${source}`);
    const made: SimulatedMigration = {
      ...{ vm: uuid, source, destination, by, fromMs: performance.now() },
      ...{ toMs: undefined, arrived: undefined, failure: undefined, share: undefined, sharesBefore: [] },
    };
    this.migrations.push(made);
    setTimeout(() => {
      if (made.arrived !== undefined) return;
      const { pauseMs = 0 } = this.there(uuid).vm;
      if (pauseMs > longestPauseMs)
        this.end(made, false, { class: 'no-pause-fits', ...noPauseFits(pauseMs) });
      else this.end(made, this.away.get(destination) !== 'dead', undefined);
    }, this.there(uuid).vm.lastsMs ?? 60).unref();
    return made;
  }

  end(migration: SimulatedMigration, arrived: boolean, failure: Failure | undefined): void {
    migration.toMs = performance.now();
    migration.arrived = arrived;
    migration.failure = failure;
    if (arrived) this.there(migration.vm).host = migration.destination;
  }

  async look(host: string): Promise<HostSeen> {
    this.ask(host);
    const coming = this.running().flatMap(({ vm, destination }) => (destination === host ? [vm] : []));
    const there = this.on(host);
    const sizes = there.map((uuid) => this.there(uuid).vm.memoryGib ?? 1);
    const free = this.freeGib.get(host);
    return {
      active: [...there, ...coming, ...this.lingering(host)],
      largestBytes: 0,
      freeBytes: free === undefined ? undefined : (free - sizes.reduce((sum, each) => sum + each, 0)) * GIB,
    };
  }

  async vm(host: string, uuid: string): Promise<VmSeen | undefined> {
    this.ask(host);
    const found = this.vms.get(uuid);
    const hasLeft = this.lingering(host).includes(uuid);
    if (!found || (found.host !== host && !hasLeft)) return undefined;
    const { memoryGib = 1, obstacles = [], metadata } = found.vm;
    const mark = JSON.stringify(found.vm);
    return { name: uuid, memoryBytes: memoryGib * GIB, metadata, obstacles, mark, hasLeft };
  }

  /** What has moved away and is listed still. */
  private lingering(host: string): readonly string[] {
    const sinceMs = (vm: string) => performance.now() - (this.there(vm).vm.lingersMs ?? 0);
    return this.migrations
      .filter(({ vm, source, arrived, toMs = 0 }) => source === host && arrived && toMs > sinceMs(vm))
      .map(({ vm }) => vm);
  }

  /** @throws {Error} where it does not answer */
  ask(host: string): void {
    if (this.away.has(host)) throw new Error(`${host} does not answer`);
  }

  /** The most that ran at once, by what each is counted under. */
  most(under: (migration: SimulatedMigration) => string): number {
    const peaks = this.migrations.map(
      (each) =>
        this.migrations.filter(
          (other) =>
            under(other) === under(each) &&
            other.fromMs <= each.fromMs &&
            (other.toMs ?? Number.POSITIVE_INFINITY) > each.fromMs,
        ).length,
    );
    return Math.max(0, ...peaks);
  }

  /** @throws {Error} where there was never such a VM */
  there(uuid: string): There {
    const found = this.vms.get(uuid);
    if (!found) throw new Error(`there is no VM ${uuid}`);
    return found;
  }
}

/** Always fine, and the longest allowed. */
const FINE_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 5000;

function noPauseFits(pauseMs: number): Reason {
  return { code: 'no-pause-fits', words: `it needs a pause of ${pauseMs} ms`, remedy: 'allow it' };
}

/** Looks at VMs of simulated hosts as the real one does, but for the time. */
export class SimulatedLooker implements CalmLooker {
  readonly looked: string[] = [];
  /** While it is set no look comes to an end before it does. */
  stuck: Promise<void> | undefined;
  private readonly hosts: SimulatedHosts;

  constructor(hosts: SimulatedHosts) {
    this.hosts = hosts;
  }

  async look({ vm, source }: Pick<LookWish, 'vm' | 'source'>): Promise<CalmLook> {
    this.looked.push(vm);
    this.hosts.ask(source);
    await this.stuck;
    const { pauseMs = 50, lastsMs: totalMs = 60 } = this.hosts.there(vm).vm;
    const words = `now it would stand still for ${pauseMs} ms`;
    if (pauseMs <= FINE_PAUSE_MS) return { is: 'calm', pauseMs, totalMs, isSure: true, words };
    return pauseMs <= LONGEST_PAUSE_MS
      ? { is: 'busy', pauseMs, totalMs, words }
      : { is: 'no-pause-fits', reason: noPauseFits(pauseMs), totalMs };
  }
}

const LOOK_EVERY_MS = 10;

/** Of one controller. */
export class SimulatedMover implements Mover {
  private readonly hosts: SimulatedHosts;
  private readonly by: string;
  readonly guests: Guests = {
    noticeMs: async ({ vm, source }) => {
      this.hosts.ask(source);
      return noticeOf(NO_CONFIG, { name: vm, metadata: this.hosts.there(vm).vm.metadata }).noticeMs;
    },
    tell: async ({ vm }, { event, host, inMs }, guard) => {
      if (!guard.mayAct()) throw new Error('the lease is over');
      this.hosts.ask(host);
      this.hosts.told.push({ vm, event, host, inMs, atMs: performance.now() });
      await this.hosts.there(vm).vm.agent?.();
    },
  };

  constructor(hosts: SimulatedHosts, by: string) {
    this.hosts = hosts;
    this.by = by;
  }

  async locate({ vm, source, destination }: Ride): Promise<Located> {
    this.hosts.ask(source);
    const running = this.hosts.running().find((each) => each.vm === vm);
    if (running) return { kind: 'migrating', source: running.source, destination: running.destination };
    const host = this.hosts.hostOf(vm);
    if (host === source) return { kind: 'at', host };
    this.hosts.ask(destination);
    return host === undefined ? { kind: 'absent' } : { kind: 'at', host };
  }

  /** As the real one does. */
  private hear(ride: Ride): void {
    const { metadata } = this.hosts.there(ride.vm).vm;
    const domain = { name: ride.vm, metadata };
    assertWord(ride, vmSettingsOf(NO_CONFIG, domain, { stated: {} }).maintenance, ride.vm);
  }

  async shutDown(ride: Ride, guard: Guard): Promise<void> {
    await sleep(2);
    this.hosts.ask(ride.source);
    this.hear(ride);
    if (guard.mayAct()) this.hosts.shutDown(ride.vm);
  }

  async startUp({ vm, source }: Ride, guard: Guard): Promise<void> {
    await sleep(2);
    this.hosts.ask(source);
    if (guard.mayAct()) this.hosts.startUp(vm, source);
  }

  async start(ride: Ride, guard: Guard): Promise<void> {
    const { vm, source, destination } = ride;
    await sleep(2);
    if (!guard.mayAct())
      throw new StartFailed({ class: 'transient', code: 'held', words: 'the lease is over' });
    try {
      this.hosts.ask(source);
      this.hosts.ask(destination);
    } catch (error) {
      throw new StartFailed({ class: 'transient', code: 'unreachable', words: String(error) });
    }
    this.hear(ride);
    const refusal = this.hosts.there(vm).vm.refusedBy?.[destination];
    if (refusal) throw new StartFailed(refusal);
    const { maxDowntimeMs = LONGEST_PAUSE_MS } = ride.stated as { readonly maxDowntimeMs?: number };
    this.hosts.migrate(vm, source, destination, this.by, maxDowntimeMs).share = ride.share;
  }

  async shareLink({ vm, share }: Ride, guard: Guard): Promise<boolean> {
    const running = this.hosts.running().find((each) => each.vm === vm);
    if (!running || !guard.mayAct()) return false;
    running.sharesBefore.push(running.share);
    running.share = share;
    return true;
  }

  async attach({ vm }: Ride, guard: Guard): Promise<Attended> {
    const last = this.hosts.migrations.findLast((each) => each.vm === vm);
    while (last?.arrived === undefined && !guard.letGo.aborted) await sleep(LOOK_EVERY_MS);
    if (last?.isLost) return { unknown: 'it is not certain which side runs it' };
    return last?.failure ? { failure: last.failure } : {};
  }

  async cancel({ vm }: Ride): Promise<void> {
    const running = this.hosts.running().find((each) => each.vm === vm);
    if (running) this.hosts.end(running, false, undefined);
  }

  async running(): Promise<readonly Seen[]> {
    return this.hosts.running().map(({ vm, source, destination }) => ({
      ...{ vm, name: vm, source, destination, memoryBytes: GIB },
      links: [linkFrom(source), linkTo(destination)],
    }));
  }
}
