/** A thousand hosts in memory, by whose own record controllers are judged. It does nothing that it is not asked for. */
import type { HostSeen, VmSeen } from '../../src/fleet/drain-hosts.ts';
import { linkFrom, linkTo } from '../../src/fleet/drain-settings.ts';
import { type Attended, type Failure, type Located, type Seen, StartFailed } from '../../src/fleet/mover.ts';

const GIB = 2 ** 30;

export interface WorldVm {
  readonly uuid: string;
  readonly memoryGib: number;
  /** Of its migrations, in milliseconds. */
  readonly lastsMs: number;
  readonly intensive: boolean;
}

interface Running {
  readonly vm: string;
  readonly source: string;
  readonly destination: string;
  readonly over: Promise<Attended>;
  /** Not by a controller. */
  readonly isForeign: boolean;
  readonly by: string | undefined;
  readonly fromMs: number;
  /** It ends, and the VM is where it was. */
  fail(failure: Failure): void;
  /** Who asked for its end last, and when: whoever has it in its hands asks. */
  watchedBy: string | undefined;
}

interface Watched {
  readonly vm: string;
  readonly by: string;
  readonly atMs: number;
}

/** Its host is undefined while it is off. */
type There = WorldVm & { host: string | undefined };

export class World {
  /** What it had to refuse: the caller erred. */
  readonly refused: string[] = [];
  /** Who took what in its hands. */
  readonly watched: Watched[] = [];
  /** The most that ran at once out of a host, and into one. */
  mostOut = 0;
  mostIn = 0;
  arrived = 0;
  /** Hosts that answer nobody. */
  readonly away = new Set<string>();
  /** How many of a VM's next migrations break off. */
  readonly breaking = new Map<string, number>();
  /** Hosts that refuse a VM, by its UUID. */
  readonly refusing = new Map<string, string>();
  /** Of all migrations that begin from now on, in place of each VM's own. */
  lastsMs: number | undefined;
  /** How many times as long as its own each migration takes. */
  slower = 1;
  private readonly vms = new Map<string, There>();
  private readonly hosts = new Map<string, Set<string>>();
  private readonly moving = new Map<string, Running>();
  private readonly capacityGib: number;

  constructor(hosts: ReadonlyMap<string, readonly WorldVm[]>, capacityGib: number) {
    this.capacityGib = capacityGib;
    for (const [host, there] of hosts) {
      this.hosts.set(host, new Set(there.map(({ uuid }) => uuid)));
      for (const vm of there) this.vms.set(vm.uuid, { ...vm, host });
    }
  }

  on(host: string): readonly WorldVm[] {
    return [...this.there(host)].map((uuid) => this.vm(uuid));
  }

  /** In GiB. */
  memoryOn(host: string): number {
    return this.on(host).reduce((sum, { memoryGib }) => sum + memoryGib, 0);
  }

  get runningCount(): number {
    return this.moving.size;
  }

  isMoving(uuid: string): boolean {
    return this.moving.has(uuid);
  }

  /** Those that this one looks after. */
  inHandsOf(by: string): readonly string[] {
    return [...this.moving.values()].flatMap(({ vm, watchedBy }) => (watchedBy === by ? [vm] : []));
  }

  hostOf(uuid: string): string | undefined {
    return this.vm(uuid).host;
  }

  /** It is started there, by somebody who knows nothing of drains. */
  appear(host: string, vm: WorldVm): void {
    this.vms.set(vm.uuid, { ...vm, host });
    this.there(host).add(vm.uuid);
  }

  /** It is powered off, whatever is done with it. */
  vanish(uuid: string): void {
    const vm = this.vm(uuid);
    this.moving
      .get(uuid)
      ?.fail({ class: 'transient', code: 'migration-failed', words: 'the guest has ended' });
    if (vm.host !== undefined) this.there(vm.host).delete(uuid);
    vm.host = undefined;
  }

  /** Its migrations break off, and it answers nobody for a while. */
  cut(host: string, forMs: number): void {
    this.away.add(host);
    for (const each of this.moving.values())
      if (each.destination === host)
        each.fail({ class: 'transient', code: 'migration-failed', words: `${host} is gone` });
    setTimeout(() => this.away.delete(host), forMs);
  }

  look(host: string): HostSeen {
    this.ask(host);
    const active = [...this.there(host), ...this.coming(host)];
    const sizes = active.map((uuid) => this.vm(uuid).memoryGib);
    const taken = sizes.reduce((sum, each) => sum + each, 0);
    return { active, largestBytes: Math.max(0, ...sizes) * GIB, freeBytes: (this.capacityGib - taken) * GIB };
  }

  vmOn(host: string, uuid: string): VmSeen | undefined {
    this.ask(host);
    const found = this.vms.get(uuid);
    if (found?.host !== host) return undefined;
    return { name: uuid, memoryBytes: found.memoryGib * GIB, obstacles: [], mark: '', metadata: undefined };
  }

  locate(uuid: string, source: string, destination: string): Located {
    this.ask(source);
    const running = this.moving.get(uuid);
    if (running) return { kind: 'migrating', source: running.source, destination: running.destination };
    const { host } = this.vm(uuid);
    if (host !== source) this.ask(destination);
    return host === undefined ? { kind: 'absent' } : { kind: 'at', host };
  }

  /** @throws {StartFailed} @throws {Error} as libvirt refuses a second one */
  start(uuid: string, source: string, destination: string, by?: string): void {
    const isForeign = by === undefined;
    this.ask(source);
    this.ask(destination);
    const vm = this.vm(uuid);
    const running = this.moving.get(uuid);
    // That others have just begun one nobody could know.
    if (running?.isForeign)
      throw new StartFailed({ class: 'transient', code: 'already-migrating', words: 'others move it' });
    // As libvirt refuses a second one to anybody; of a controller that is a fault.
    if (running && isForeign) throw new Error(`a migration of ${uuid} runs`);
    if (running)
      this.refuse(
        `${by} starts ${uuid}, which ${running.by} has started ${Math.round(performance.now() - running.fromMs)} ms before`,
      );
    // It may have left, or ended, since it was looked at.
    if (vm.host !== source)
      throw new StartFailed({ class: 'transient', code: 'elsewhere', words: `it is not on ${source}` });
    if (this.refusing.get(uuid) === destination && !isForeign)
      throw new StartFailed({ class: 'refused', code: 'cpu-differs', words: `${destination} refuses it` });
    if (this.memoryOn(destination) + vm.memoryGib > this.capacityGib) {
      if (isForeign) return;
      throw new StartFailed({ class: 'capacity', code: 'no-memory', words: `${destination} is full` });
    }
    this.move(vm, destination, by);
    this.count();
  }

  /** Fulfilled once it is over. */
  async attend(uuid: string, by: string): Promise<Attended> {
    const running = this.moving.get(uuid);
    if (!running) return {};
    running.watchedBy = by;
    this.watched.push({ vm: uuid, by, atMs: performance.now() });
    return await running.over;
  }

  running(): readonly Seen[] {
    return [...this.moving.values()].map(({ vm, source, destination }) => ({
      ...{ vm, name: vm, source, destination, memoryBytes: this.vm(vm).memoryGib * GIB },
      links: [linkFrom(source), linkTo(destination)],
    }));
  }

  private move(vm: There, destination: string, by: string | undefined): void {
    const { uuid, host: source = '' } = vm;
    const over = Promise.withResolvers<Attended>();
    const end = (failure?: Failure): void => {
      clearTimeout(timer);
      if (!this.moving.delete(uuid)) return;
      if (!failure) {
        this.there(source).delete(uuid);
        this.there(destination).add(uuid);
        vm.host = destination;
        this.arrived += 1;
      }
      over.resolve(failure ? { failure } : {});
    };
    const breaks = this.breaking.get(uuid) ?? 0;
    this.breaking.set(uuid, Math.max(0, breaks - 1));
    const broken: Failure = { class: 'transient', code: 'migration-failed', words: 'it broke off' };
    const timer = setTimeout(
      () => end(breaks > 0 ? broken : undefined),
      this.lastsMs ?? vm.lastsMs * this.slower,
    );
    const began = { by, fromMs: performance.now(), isForeign: by === undefined };
    const made = { ...began, vm: uuid, source, destination, over: over.promise, fail: end };
    this.moving.set(uuid, { ...made, watchedBy: undefined });
  }

  /** What others begin takes its place too, but nobody here let it. */
  private count(): void {
    const ours = [...this.moving.values()].filter(({ isForeign }) => !isForeign);
    for (const { source, destination } of ours) {
      this.mostOut = Math.max(this.mostOut, ours.filter((each) => each.source === source).length);
      this.mostIn = Math.max(this.mostIn, ours.filter((each) => each.destination === destination).length);
    }
  }

  /** @throws {Error} where it does not answer */
  private ask(host: string): void {
    if (this.away.has(host)) throw new Error(`${host} does not answer`);
  }

  private coming(host: string): string[] {
    return [...this.moving.values()].flatMap(({ vm, destination }) => (destination === host ? [vm] : []));
  }

  private refuse(words: string): never {
    this.refused.push(words);
    throw new Error(words);
  }

  private vm(uuid: string): There {
    const found = this.vms.get(uuid);
    if (!found) throw new Error(`there is no VM ${uuid}`);
    return found;
  }

  private there(host: string): Set<string> {
    const found = this.hosts.get(host);
    if (!found) throw new Error(`there is no host ${host}`);
    return found;
  }
}
