/** What goes wrong while hosts are emptied, drawn from a seed: at VMs, hosts, controllers and the database, and what people do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { decideVm } from '../../src/fleet/decide.ts';
import { readDrain } from '../../src/fleet/drain-rows.ts';
import { cancelDrain, endDrain, pauseDrain, resumeDrain } from '../../src/fleet/drains.ts';
import { cordonHost, uncordonHost } from '../../src/fleet/hosts.ts';
import { AT_A_TIME, type Fleet, HOST_GIB } from './fleet.ts';
import { patiently } from './patiently.ts';

const CONTROLLERS = 3;
const LONGEST_AWAY_MS = 4000;
/** Past a lease of three seconds. */
const LONGEST_FROZEN_MS = 5000;
/** Of what a person does and takes back. */
const LONGEST_SO_MS = 3000;
const STEP_MS = 3_600_000;
const BREAKS_OFF_SHARE = 0.15;
const REFUSED_SHARE = 0.05;
const STEPPED_SHARE = 0.3;

type Trouble = () => unknown;

export class Troubles {
  /** How often each was there. */
  readonly counts: Record<string, number> = {};
  /** When somebody who knows nothing of drains did something to a VM, or to one of a host's, by its name. */
  readonly touchedMs = new Map<string, number>();
  readonly twice: string[] = [];
  private readonly fleet: Fleet;
  private made = 0;
  /** What people take back of what they did, later. */
  private readonly takenBack = new Set<Promise<void>>();

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  /** Before a host is emptied: some of its VMs are no easy ones. */
  prepare(host: string): void {
    const { world } = this.fleet;
    for (const { uuid } of world.on(host)) {
      if (this.chance(BREAKS_OFF_SHARE))
        this.note('a migration breaks off', () => world.breaking.set(uuid, 1 + this.below(3)));
      if (this.chance(REFUSED_SHARE))
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
      const steps = this.chance(STEPPED_SHARE);
      if (steps) this.note("a controller's clock steps to and fro", () => {});
      await this.fleet.start(`controller ${this.made}`, steps ? STEP_MS : 0);
    }
  }

  /** Once everything has been taken back. */
  async over(): Promise<void> {
    await Promise.all(this.takenBack);
  }

  private draw(): [string, Trouble] {
    const { fleet } = this;
    const { world, database } = fleet;
    const drained = [...fleet.draining.keys()];
    const host = this.oneOf(drained) ?? this.anyHost();
    const drain = fleet.draining.get(host);
    const vm = this.oneOf(world.on(host))?.uuid;
    const other = this.anyHost();
    const late = fleet.newVm(`late-${this.made}-${performance.now()}`);
    const all: readonly [string, Trouble][] = [
      ['a VM is powered off', () => vm && this.touch(host, vm, () => world.vanish(vm))],
      [
        'a VM is started on a host that is emptied',
        () => this.touch(host, late.uuid, () => world.appear(host, late)),
      ],
      ['others move a VM', () => vm && this.touch(host, vm, () => this.moveByOthers(vm, host))],
      ['a host is away', () => this.touch(other, other, () => world.cut(other, this.below(LONGEST_AWAY_MS)))],
      ['a host fills up', () => this.fillUp(other)],
      ['kill -9 of a controller', async () => await this.kill()],
      ['a controller is frozen', () => this.freeze()],
      ['connections to the database are cut', async () => await this.cutDatabase()],
      ['a drain is asked for again', async () => await this.askAgain(host)],
      [
        'limits are lowered',
        async () =>
          await this.forAWhile(
            async () => await fleet.limit(1),
            async () => await fleet.limit(AT_A_TIME),
          ),
      ],
      [
        'a drain is paused',
        async () =>
          drain !== undefined &&
          (await this.forAWhile(
            async () => await pauseDrain(database, drain),
            async () => await resumeDrain(database, drain),
          )),
      ],
      [
        'a host is cordoned',
        async () =>
          await this.forAWhile(
            async () => await cordonHost(database, other, 'explore', undefined),
            async () => await uncordonHost(database, other),
          ),
      ],
      ['a person leaves a VM', async () => drain !== undefined && vm && (await this.leave(drain, vm))],
      ['a drain is cancelled', async () => drain !== undefined && (await this.cancel(drain))],
    ];
    return all[this.below(all.length)] ?? ['nothing', () => {}];
  }

  /** It does not matter where nothing can be decided of it, since it is on its way. */
  private async leave(drain: string, vm: string): Promise<void> {
    const wish = { decision: 'leave', by: 'explore' } as const;
    await decideVm(this.fleet.database, drain, vm, wish).catch(() => {});
  }

  private async cancel(drain: string): Promise<void> {
    const { database } = this.fleet;
    await patiently(async () => await cancelDrain(database, drain));
    await patiently(async () => await endDrain(database, drain, 'cancelled'));
  }

  private async forAWhile(doing: () => Promise<unknown>, back: () => Promise<unknown>): Promise<void> {
    await patiently(doing);
    const takenBack = sleep(this.below(LONGEST_SO_MS)).then(async () => {
      await patiently(back);
      this.takenBack.delete(takenBack);
    });
    this.takenBack.add(takenBack);
  }

  /** By a VM that takes all that is left, of somebody else's, who takes it away again. */
  private fillUp(host: string): void {
    const { world } = this.fleet;
    const memoryGib = HOST_GIB - world.memoryOn(host);
    const uuid = `huge-${performance.now()}`;
    this.touch(host, uuid, () => world.appear(host, { ...this.fleet.newVm(uuid), memoryGib }));
    setTimeout(() => this.touch(host, uuid, () => world.vanish(uuid)), this.below(LONGEST_AWAY_MS)).unref();
  }

  private async askAgain(host: string): Promise<void> {
    const id = this.fleet.draining.get(host);
    if (id === undefined || this.fleet.returning.has(id)) return;
    const again = await this.fleet.drain(host).catch(() => id);
    if (again === id) return;
    const before = await patiently(async () => await readDrain(this.fleet.database, id));
    if (before?.drain.outcome === null) this.twice.push(`${host} has two drains: ${id} and ${again}`);
    // It was cancelled, and so was over: this is a new one.
    else this.fleet.draining.set(host, again);
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
