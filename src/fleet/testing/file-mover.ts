/** The hypervisors of a {@link FileWorld}, for a controller. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Attended,
  type Guard,
  type Guests,
  type Located,
  type Mover,
  type Ride,
  type Seen,
  StartFailed,
} from '../mover.ts';
import type { Place } from '../placement.ts';
import { FileWorld } from './file-world.ts';

/** Where a test may have it stand still, or die. */
export type Point = 'admitting' | 'locating' | 'told' | 'starting' | 'started' | 'attached' | 'ended';

const LOOK_EVERY_MS = 25;

export class FileMover implements Mover {
  readonly world: FileWorld;
  readonly guests: Guests = {
    noticeMs: async ({ vm }) => this.world.vm(vm).noticeMs ?? 0,
    tell: async ({ vm }, { event }, guard) => {
      this.act(vm, guard, `tell ${event}`);
      this.at('told', vm);
    },
  };
  private readonly by: string;
  private readonly at: (point: Point, vm: string) => void;

  /** @param by the controller's name in the world's records */
  constructor(world: FileWorld, by: string, at: (point: Point, vm: string) => void = () => {}) {
    this.world = world;
    this.by = by;
    this.at = at;
  }

  async locate({ vm }: Ride): Promise<Located> {
    this.at('locating', vm);
    const running = this.world.runningOf(vm);
    if (running) return { kind: 'migrating', source: running.source, destination: running.destination };
    if (this.world.migrationsOf(vm).length > 0) this.at('ended', vm);
    return { kind: 'at', host: this.world.hostOf(vm) };
  }

  async start({ vm, source, destination }: Ride, guard: Guard): Promise<void> {
    this.at('starting', vm);
    // As a driver does between its checks and the command.
    await sleep(1);
    if (!guard.mayAct())
      throw new StartFailed({ class: 'transient', code: 'stale', words: 'the lease is over' });
    this.act(vm, guard, 'start');
    this.world.start(vm, source, destination, this.by);
    this.at('started', vm);
  }

  async attach({ vm }: Ride, guard: Guard): Promise<Attended> {
    for (;;) {
      if (guard.letGo.aborted || this.world.runningOf(vm) === undefined) break;
      // As a downtime limit that is set.
      if (guard.mayAct()) this.act(vm, guard, 'tend');
      this.at('attached', vm);
      await sleep(LOOK_EVERY_MS);
    }
    const last = this.world.migrationsOf(vm).at(-1);
    if (last?.arrives !== false) return {};
    return { failure: { class: 'transient', code: 'failed', words: 'the migration failed' } };
  }

  async cancel({ vm }: Ride, guard: Guard): Promise<void> {
    this.act(vm, guard, 'cancel');
    this.world.cancel(vm);
  }

  async shareLink(): Promise<boolean> {
    return true;
  }

  async shutDown(): Promise<void> {
    throw new Error('nothing of this world can be shut down');
  }

  async startUp(): Promise<void> {
    throw new Error('nothing of this world can be started');
  }

  async running(): Promise<readonly Seen[]> {
    return this.world.vms.flatMap(({ vm, memoryGib }) => {
      const running = this.world.runningOf(vm);
      if (!running) return [];
      const { source, destination, links } = running;
      return [{ vm, name: vm, source, destination, links, memoryBytes: memoryGib * 2 ** 30 }];
    });
  }

  /** To the first of these hosts that has a slot and memory free. */
  placeOn(hosts: readonly string[]): Place {
    return (move, free) => {
      this.at('admitting', move.vm);
      const destination = hosts.find(
        (host) =>
          host !== move.source &&
          free.free('destination', host) >= 1 &&
          free.free('memory', host) >= move.memoryGib,
      );
      if (destination === undefined) return { wait: { code: 'capacity', words: 'no destination has room' } };
      return { destination, links: [FileWorld.linkOf(destination)] };
    };
  }

  private act(vm: string, { epoch }: Guard, what: string): void {
    this.world.act({ vm, controller: this.by, epoch, what });
  }
}
