/** What goes wrong while hosts are emptied, drawn from a seed: at VMs, hosts, controllers and the database. */
import type { Fleet } from './fleet.ts';

const CONTROLLERS = 3;
const LONGEST_AWAY_MS = 4000;
/** Past a lease of three seconds. */
const LONGEST_FROZEN_MS = 5000;

type Trouble = () => unknown;

export class Troubles {
  /** How often each was there. */
  readonly counts: Record<string, number> = {};
  /** When somebody who knows nothing of drains did something to a VM, or to one of a host's, by its name. */
  readonly touchedMs = new Map<string, number>();
  private readonly fleet: Fleet;
  private made = 0;

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  /** Before a host is emptied: some of its VMs are no easy ones. */
  prepare(host: string): void {
    const { world } = this.fleet;
    for (const { uuid } of world.on(host)) {
      if (this.chance(0.15))
        this.note('a migration breaks off', () => world.breaking.set(uuid, 1 + this.below(3)));
      if (this.chance(0.05))
        this.note('a destination refuses', () => world.refusing.set(uuid, this.anyHost()));
    }
  }

  /** One more. */
  async next(): Promise<void> {
    const [name, trouble] = this.draw();
    await this.note(name, trouble);
  }

  /** As many controllers as there are to be, whatever became of others. */
  async revive(): Promise<void> {
    while (this.fleet.names.length < CONTROLLERS) {
      this.made += 1;
      await this.fleet.start(`controller ${this.made}`);
    }
  }

  private draw(): [string, Trouble] {
    const { fleet } = this;
    const { world } = fleet;
    const host = this.oneOf([...fleet.draining.keys()]) ?? this.anyHost();
    const vm = this.oneOf(world.on(host))?.uuid;
    switch (this.below(8)) {
      case 0:
        return ['a VM is powered off', () => vm && this.touch(host, vm, () => world.vanish(vm))];
      case 1: {
        const made = fleet.newVm(`late-${this.made}-${performance.now()}`);
        return [
          'a VM is started on a host that is emptied',
          () => this.touch(host, made.uuid, () => world.appear(host, made)),
        ];
      }
      case 2:
        return ['others move a VM', () => vm && this.touch(host, vm, () => this.moveByOthers(vm, host))];
      case 3: {
        const cut = this.anyHost();
        return [
          'a host is away',
          () => this.touch(cut, cut, () => world.cut(cut, this.below(LONGEST_AWAY_MS))),
        ];
      }
      case 4:
        return ['kill -9 of a controller', async () => await this.kill()];
      case 5:
        return ['a controller is frozen', () => this.freeze()];
      case 6:
        return ['connections to the database are cut', async () => await this.cutDatabase()];
      default:
        return ['a drain is asked for again', async () => await this.askAgain(host)];
    }
  }

  private async askAgain(host: string): Promise<void> {
    const id = this.fleet.draining.get(host);
    if (id === undefined) return;
    const again = await this.fleet.drain(host).catch(() => id);
    if (again !== id) throw new Error(`${host} has two drains: ${id} and ${again}`);
  }

  private moveByOthers(vm: string, host: string): void {
    try {
      this.fleet.world.start(vm, host, this.anyHost());
    } catch {
      // As it is refused to them, where it is on its way or a host is away.
    }
  }

  private async kill(): Promise<void> {
    const name = this.oneOf(this.fleet.names);
    if (name !== undefined) await this.fleet.end(name, 'SIGKILL');
  }

  private freeze(): void {
    const pid = this.fleet.pidOf(this.oneOf(this.fleet.names) ?? '');
    if (pid === undefined) return;
    process.kill(pid, 'SIGSTOP');
    setTimeout(() => {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // It was killed meanwhile.
      }
    }, this.below(LONGEST_FROZEN_MS));
  }

  private async cutDatabase(): Promise<void> {
    await this.fleet.database.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
  }

  private touch(host: string, vm: string, doing: () => void): void {
    this.touchedMs.set(host, performance.now());
    this.touchedMs.set(vm, performance.now());
    doing();
  }

  private note(name: string, trouble: Trouble): unknown {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    return trouble();
  }

  private anyHost(): string {
    return this.oneOf(this.fleet.hosts) ?? '';
  }

  private oneOf<T>(all: readonly T[]): T | undefined {
    return all[this.below(all.length)];
  }

  private below(most: number): number {
    return Math.floor(this.fleet.random.next() * most);
  }

  private chance(share: number): boolean {
    return this.fleet.random.next() < share;
  }
}
