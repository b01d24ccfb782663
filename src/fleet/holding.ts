/** What the holder of a VM does around an act, whichever act it is. */
import type { Lease } from './lease.ts';
import type { Move, MoveState } from './move.ts';
import type { RunDeps } from './move-run.ts';
import { writeState } from './move-writes.ts';
import type { Change } from './next-step.ts';
import { type Due, Notice } from './notice.ts';
import { afterVm, beforeVm } from './vm-hooks.ts';

export class Holding {
  private readonly deps: Pick<RunDeps, 'database' | 'hooks' | 'leases' | 'controller' | 'mover' | 'clock'>;
  private readonly lease: Lease;
  private readonly notice: Notice;

  constructor(deps: Holding['deps'], lease: Lease) {
    this.deps = deps;
    this.lease = lease;
    this.notice = new Notice(deps, lease);
  }

  /** @throws {LeaseLostError} {@link MoveChangedError} {@link StoreError} */
  async write(move: Move, to: MoveState, change?: Change): Promise<Move> {
    const { leases, controller } = this.deps;
    return await writeState(leases, { lease: this.lease, controller }, move, to, change);
  }

  /**
   * Has its hook asked and its guest told, and writes before acting that it begins.
   * @returns undefined where it is not to be begun, or not yet, or not by us
   */
  async starting(move: Move): Promise<Move | undefined> {
    // Of one that another controller has begun it was asked.
    const due = move.state === 'admitted' ? await this.due(move) : 'now';
    this.lease.check();
    if (due === 'later') return undefined;
    if (due !== 'now') {
      await this.end(move, due.to, due.change, { at: move.source });
      return undefined;
    }
    // The lease is read again and renewed by it.
    const starting = await this.write(move, 'starting');
    return this.lease.mayAct() ? starting : undefined;
  }

  private async due(move: Move): Promise<Due> {
    // While its guest waits it was asked already.
    const instead =
      move.notice === null
        ? await beforeVm(this.deps.database, this.deps.hooks, move, this.lease.letGo)
        : undefined;
    this.lease.check();
    return instead ?? (await this.notice.before(move));
  }

  /**
   * @param isOurs what came of it is our doing, and has its hook before it counts
   * @param at the host that it runs on; undefined: on none that is known
   */
  async end(
    move: Move,
    to: MoveState,
    change: Change,
    { isOurs = false, at }: { readonly isOurs?: boolean; readonly at?: string | undefined },
  ): Promise<void> {
    const { database, hooks } = this.deps;
    if (at !== undefined) await this.notice.after(move, at);
    const said = isOurs ? await afterVm(database, hooks, move, this.lease.letGo) : {};
    this.lease.check();
    await this.write(move, to, { ...change, ...said });
  }
}
