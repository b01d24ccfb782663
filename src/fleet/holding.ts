/** What the holder of a VM does around an act, whichever act it is. */
import type { Lease } from './lease.ts';
import type { Move, MoveState } from './move.ts';
import type { RunDeps } from './move-run.ts';
import { writeState } from './move-writes.ts';
import type { Change } from './next-step.ts';
import { afterVm, beforeVm } from './vm-hooks.ts';

export class Holding {
  private readonly deps: Pick<RunDeps, 'database' | 'hooks' | 'leases' | 'controller'>;
  private readonly lease: Lease;

  constructor(deps: Holding['deps'], lease: Lease) {
    this.deps = deps;
    this.lease = lease;
  }

  /** @throws {LeaseLostError} {@link MoveChangedError} {@link StoreError} */
  async write(move: Move, to: MoveState, change?: Change): Promise<Move> {
    const { leases, controller } = this.deps;
    return await writeState(leases, { lease: this.lease, controller }, move, to, change);
  }

  /** Has its hook asked, and writes before acting that it begins. @returns undefined where it is not to be begun, or not by us */
  async starting(move: Move): Promise<Move | undefined> {
    const { database, hooks } = this.deps;
    // Of one that another controller has begun it was asked.
    const instead =
      move.state === 'admitted' ? await beforeVm(database, hooks, move, this.lease.letGo) : undefined;
    this.lease.check();
    if (instead) {
      await this.write(move, instead.to, instead.change);
      return undefined;
    }
    // The lease is read again and renewed by it.
    const starting = await this.write(move, 'starting');
    return this.lease.mayAct() ? starting : undefined;
  }

  /** @param isOurs what came of it is our doing, and has its hook before it counts */
  async end(move: Move, to: MoveState, change: Change, isOurs: boolean): Promise<void> {
    const { database, hooks } = this.deps;
    const said = isOurs ? await afterVm(database, hooks, move, this.lease.letGo) : {};
    this.lease.check();
    await this.write(move, to, { ...change, ...said });
  }
}
