/**
 * One move in the hands of its holder: ask the hypervisors, do the next step, ask again. The same for a new move and for one
 * that another controller left: nothing that was believed before is needed.
 *
 * It ends when the move is no longer active, when the lease is lost, or when the store cannot be written. Then whoever takes
 * the lease next goes on; the migration itself needs nobody.
 */
import type { Clock } from '../hypervisor/clock.ts';
import type { Database } from '../postgres/database.ts';
import { claimSeen } from './claim-seen.ts';
import { Holding } from './holding.ts';
import type { Hooks } from './hooks.ts';
import type { Lease } from './lease.ts';
import type { Leases } from './leases.ts';
import { readShares } from './link-shares.ts';
import { holdsClaims, type Move } from './move.ts';
import { readMove } from './move-writes.ts';
import { type Attended, type Failure, type Located, type Mover, StartFailed } from './mover.ts';
import { nextStep } from './next-step.ts';
import { rideOf } from './ride-of.ts';

export interface RunDeps {
  readonly database: Database;
  readonly leases: Leases;
  readonly mover: Mover;
  readonly clock: Clock;
  readonly controller: string;
  readonly leaseMs: number;
  readonly hooks: Hooks;
  /** A sentence for the operator's log. */
  readonly warn: (words: string) => void;
}

const ASK_AGAIN_MS = 250;
const LONGEST_BETWEEN_MS = 10_000;
const LONGEST_UNWATCHED_MS = 1000;
const WATCHED = { words: '', pauseMs: ASK_AGAIN_MS };
/** Until a VM of which nobody knows the side is looked at again. */
const UNKNOWN_WAIT_MS = 30_000;

export class MoveRun {
  readonly lease: Lease;
  private readonly deps: RunDeps;
  private readonly moveId: string;
  private readonly holding: Holding;
  /** What it takes of its links; undefined: nobody said. */
  private share: number | undefined;
  private sharing: Promise<void> | undefined;
  private cancelling: Promise<void> | undefined;
  private unwatched = WATCHED;

  constructor(deps: RunDeps, lease: Lease, moveId: string) {
    this.deps = deps;
    this.lease = lease;
    this.moveId = moveId;
    this.holding = new Holding(deps, lease);
  }

  /** @throws {LeaseLostError} {@link MoveChangedError} {@link StoreError} */
  async run(): Promise<void> {
    let failure: Failure | undefined;
    let isStarted = false;
    for (;;) {
      this.lease.check();
      const move = await readMove(this.deps.database, this.moveId);
      if (move === undefined || !holdsClaims(move.state)) return;
      const located = await locate(this.deps, this.lease, move);
      if (isStarted && located.kind === 'at' && located.host === move.source) {
        // It was over before anybody looked: why is known to whoever began it.
        failure ??= await this.attach(move);
        isStarted = false;
        continue;
      }
      const step = nextStep(move, located, failure, Math.random());
      switch (step.do) {
        case 'start':
          ({ failure, isStarted } = await this.start(move));
          break;
        case 'attach':
          isStarted = false;
          failure = await this.attach(move);
          break;
        case 'claim-seen':
          await this.claimOther(move);
          break;
        case 'write':
          await this.holding.end(move, step.to, step.change, {
            isOurs: step.to === 'moved' && !move.isForeign,
            at: located.kind === 'at' ? located.host : undefined,
          });
          break;
      }
    }
  }

  /** Others on its links began or ended. Tried again with each call until it holds. @param shares by the move's id */
  shareLink(shares: ReadonlyMap<string, number>): void {
    const share = shares.get(this.moveId);
    if (share === this.share) return;
    this.sharing ??= this.sendShare(share)
      .catch((error: unknown) =>
        this.deps.warn(`VM ${this.lease.vm} does not keep to its share of the link yet: ${String(error)}`),
      )
      .finally(() => {
        this.sharing = undefined;
      });
  }

  private async sendShare(share: number | undefined): Promise<void> {
    const { database, mover } = this.deps;
    const move = await readMove(database, this.moveId);
    if (move?.state !== 'moving' || move.isForeign || !this.lease.mayAct()) return;
    if (await mover.shareLink({ ...rideOf(move), share }, this.lease)) this.share = share;
  }

  /** Tried again with each call until the migration is over. */
  cancel(): void {
    this.cancelling ??= this.sendCancel()
      .catch((error: unknown) => this.deps.warn(`VM ${this.lease.vm} is not cancelled yet: ${String(error)}`))
      .finally(() => {
        this.cancelling = undefined;
      });
  }

  private async sendCancel(): Promise<void> {
    const { database, leases, mover } = this.deps;
    const move = await readMove(database, this.moveId);
    if (move?.state !== 'moving' || move.isForeign) return;
    // Late it would hurt: the lease is read again right before.
    await leases.writing(this.lease, async () => {});
    if (this.lease.mayAct()) await mover.cancel(rideOf(move), this.lease);
  }

  private async start(move: Move): Promise<{ failure: Failure | undefined; isStarted: boolean }> {
    const starting = await this.holding.starting(move);
    if (!starting) return { failure: undefined, isStarted: false };
    const share = (await readShares(this.deps.database)).get(this.moveId);
    this.lease.check();
    try {
      await this.deps.mover.start({ ...rideOf(starting), share }, this.lease);
      this.share = share;
      return { failure: undefined, isStarted: true };
    } catch (error) {
      return { failure: failureOf(error), isStarted: false };
    }
  }

  private async attach(move: Move): Promise<Failure | undefined> {
    let attended: Attended;
    try {
      attended = await this.deps.mover.attach(rideOf(move), this.lease);
    } catch (error) {
      // It cannot be watched now, as where another program has it in its hands. Whether it runs is asked again.
      const words = `VM ${move.vm} cannot be watched: ${String(error)}`;
      if (words !== this.unwatched.words) this.deps.warn(words);
      await this.deps.clock.sleep(this.unwatched.pauseMs);
      this.unwatched = { words, pauseMs: Math.min(2 * this.unwatched.pauseMs, LONGEST_UNWATCHED_MS) };
      return undefined;
    }
    this.unwatched = WATCHED;
    this.lease.check();
    await this.cancelling;
    if (!('unknown' in attended)) return attended.failure;
    await this.holding.write(move, 'unknown', {
      code: 'unknown',
      words: attended.unknown,
      waitMs: UNKNOWN_WAIT_MS,
    });
    await this.deps.leases.release(this.lease);
    this.lease.check();
    return undefined;
  }

  private async claimOther(move: Move): Promise<void> {
    const { mover, database, controller, leaseMs, clock } = this.deps;
    const ask = async () => (await mover.running()).filter(({ vm }) => vm === move.vm);
    const claimed = await claimSeen(database, ask, { controller, longestMs: leaseMs });
    if (claimed === 0) await clock.sleep(ASK_AGAIN_MS);
  }
}

/** Until both ends answer. @throws {LeaseLostError} */
export async function locate(
  { mover, clock, warn }: Pick<RunDeps, 'mover' | 'clock' | 'warn'>,
  lease: Lease,
  move: Move,
): Promise<Located> {
  for (let pauseMs = ASK_AGAIN_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_BETWEEN_MS)) {
    lease.check();
    try {
      return await mover.locate(rideOf(move));
    } catch (error) {
      if (pauseMs === ASK_AGAIN_MS) warn(`where VM ${move.vm} is cannot be asked: ${String(error)}`);
    }
    await clock.sleep(pauseMs);
  }
}

export function failureOf(error: unknown): Failure {
  if (error instanceof StartFailed) return error.failure;
  return { class: 'transient', code: 'start-failed', words: `the migration did not start: ${String(error)}` };
}
