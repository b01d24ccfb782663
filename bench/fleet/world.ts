/** A thousand hosts in memory, by whose own record controllers are judged. It does nothing that it is not asked for. */
import type { HostSeen, VmSeen } from '../../src/fleet/drain-hosts.ts';
import { linkFrom, linkTo } from '../../src/fleet/drain-settings.ts';
import type { Located, Seen } from '../../src/fleet/mover.ts';

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
  readonly over: Promise<void>;
  /** Who asked for its end last, and when: whoever has it in its hands asks. */
  watchedBy: string | undefined;
}

interface Watched {
  readonly vm: string;
  readonly by: string;
  readonly atMs: number;
}

export class World {
  /** What it had to refuse: the caller erred. */
  readonly refused: string[] = [];
  /** Who took what in its hands. */
  readonly watched: Watched[] = [];
  /** The most that ran at once out of a host, and into one. */
  mostOut = 0;
  mostIn = 0;
  arrived = 0;
  /** Of all migrations that begin from now on, in place of each VM's own. */
  lastsMs: number | undefined;
  private readonly vms = new Map<string, WorldVm & { host: string }>();
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

  look(host: string): HostSeen {
    const active = [...this.there(host), ...this.coming(host)];
    const sizes = active.map((uuid) => this.vm(uuid).memoryGib);
    const taken = sizes.reduce((sum, each) => sum + each, 0);
    return { active, largestBytes: Math.max(0, ...sizes) * GIB, freeBytes: (this.capacityGib - taken) * GIB };
  }

  vmOn(host: string, uuid: string): VmSeen | undefined {
    const found = this.vms.get(uuid);
    if (found?.host !== host) return undefined;
    return { name: uuid, memoryBytes: found.memoryGib * GIB, obstacles: [], mark: '', metadata: undefined };
  }

  locate(uuid: string): Located {
    const running = this.moving.get(uuid);
    if (running) return { kind: 'migrating', source: running.source, destination: running.destination };
    return { kind: 'at', host: this.vm(uuid).host };
  }

  /** @throws {Error} as libvirt refuses a second one */
  start(uuid: string, source: string, destination: string): void {
    const vm = this.vm(uuid);
    if (this.moving.has(uuid)) this.refuse(`a migration of ${uuid} runs`);
    if (vm.host !== source) this.refuse(`${uuid} is not on ${source}`);
    if (this.memoryOn(destination) + vm.memoryGib > this.capacityGib) this.refuse(`${destination} is full`);
    const over = Promise.withResolvers<void>();
    this.moving.set(uuid, { vm: uuid, source, destination, over: over.promise, watchedBy: undefined });
    setTimeout(() => {
      this.moving.delete(uuid);
      this.there(source).delete(uuid);
      this.there(destination).add(uuid);
      vm.host = destination;
      this.arrived += 1;
      over.resolve();
    }, this.lastsMs ?? vm.lastsMs);
    const runs = [...this.moving.values()];
    this.mostOut = Math.max(this.mostOut, runs.filter((each) => each.source === source).length);
    this.mostIn = Math.max(this.mostIn, runs.filter((each) => each.destination === destination).length);
  }

  /** Fulfilled once it is over. */
  async attend(uuid: string, by: string): Promise<void> {
    const running = this.moving.get(uuid);
    if (!running) return;
    running.watchedBy = by;
    this.watched.push({ vm: uuid, by, atMs: performance.now() });
    await running.over;
  }

  running(): readonly Seen[] {
    return [...this.moving.values()].map(({ vm, source, destination }) => ({
      ...{ vm, name: vm, source, destination, memoryGib: this.vm(vm).memoryGib },
      links: [linkFrom(source), linkTo(destination)],
    }));
  }

  private coming(host: string): string[] {
    return [...this.moving.values()].flatMap(({ vm, destination }) => (destination === host ? [vm] : []));
  }

  private refuse(words: string): never {
    this.refused.push(words);
    throw new Error(words);
  }

  private vm(uuid: string): WorldVm & { host: string } {
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
