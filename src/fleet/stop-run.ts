/**
 * One VM that is shut down in place of being moved, or started again afterwards, in the hands of its holder: ask where it is, act,
 * and look until it is so. The same for one that another controller left: being asked twice does a guest no harm, and libvirt
 * starts none twice.
 */
import { Holding } from './holding.ts';
import type { Lease } from './lease.ts';
import { holdsClaims, type Move } from './move.ts';
import { failureOf, locate, type RunDeps } from './move-run.ts';
import { readMove } from './move-writes.ts';
import type { Failure, Located } from './mover.ts';
import { type NextStop, nextStart, nextStop } from './next-stop.ts';
import { rideOf } from './ride-of.ts';

const LOOK_EVERY_MS = 1000;

const TIMEOUT = `select (settings->>'shutdownTimeoutMs')::float8 as ms from fleet.drain where id = $1`;

/** Guests write back what they hold, and some wait long for what they serve. */
export const USUAL_SHUTDOWN_MS = 300_000;

export class StopRun {
  readonly lease: Lease;
  private readonly deps: RunDeps;
  private readonly moveId: string;
  private readonly holding: Holding;

  constructor(deps: RunDeps, lease: Lease, moveId: string) {
    this.deps = deps;
    this.lease = lease;
    this.moveId = moveId;
    this.holding = new Holding(deps, lease);
  }

  /** @throws {LeaseLostError} {@link MoveChangedError} {@link StoreError} */
  async run(): Promise<void> {
    let failure: Failure | undefined;
    for (;;) {
      this.lease.check();
      const move = await readMove(this.deps.database, this.moveId);
      if (move === undefined || !holdsClaims(move.state)) return;
      const located = await locate(this.deps, this.lease, move);
      const step = await this.step(move, located, failure);
      switch (step.do) {
        case 'ask':
          failure = await this.ask(move);
          break;
        case 'wait':
          await this.deps.clock.sleep(LOOK_EVERY_MS);
          break;
        case 'write':
          await this.holding.end(move, step.to, step.change, {
            isOurs: step.to === 'off' || step.to === 'moved',
          });
          break;
      }
    }
  }

  /** A guest that was asked to shut down cannot be asked to stay: the drain's cancel begins nothing more, and that is all. */
  cancel(): void {}

  /** Nothing of it goes over a link. */
  shareLink(): void {}

  private async step(move: Move, located: Located, failure: Failure | undefined): Promise<NextStop> {
    if (move.way === 'start') return nextStart(move, located, failure, Math.random());
    return nextStop(move, located, failure, await this.timeoutMs(move), Math.random());
  }

  private async ask(move: Move): Promise<Failure | undefined> {
    const starting = await this.holding.starting(move);
    if (!starting) return undefined;
    const { mover } = this.deps;
    try {
      if (move.way === 'start') await mover.startUp(rideOf(starting), this.lease);
      else await mover.shutDown(rideOf(starting), this.lease);
    } catch (error) {
      return failureOf(error);
    }
    if (move.way !== 'start') await this.holding.write(starting, 'stopping');
    return undefined;
  }

  private async timeoutMs({ drain }: Move): Promise<number> {
    const [row] = await this.deps.database.query<{ ms: number | null }>(TIMEOUT, [drain]);
    return row?.ms ?? USUAL_SHUTDOWN_MS;
  }
}
