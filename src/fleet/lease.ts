/**
 * Who looks after a VM. The database's clock says when a lease is over; its holder goes by a clock of its own machine that
 * no step of the time moves and that counts a suspend (`uptimeMs`), from before the statement was sent, and stops acting at
 * 0.8 of it. So no two clocks are ever compared.
 *
 *     held ──(deadline passes)──▶ may not act ──(renewed, same epoch)──▶ held
 *       └──────────(the epoch is another's, or let go)──▶ lost, for good
 */
import type { Clock } from '../hypervisor/clock.ts';
import type { Guard } from './mover.ts';

/** Of the lease: until then its holder acts. */
const HOLDER_PART = 0.8;

/** The VM is another controller's by now, or was let go of. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor(vm: string) {
    super(`the lease of VM ${vm} is lost: whoever holds it looks after the VM now`);
  }
}

export class Lease implements Guard {
  readonly vm: string;
  readonly epoch: number;
  private readonly clock: Clock;
  private readonly leaseMs: number;
  private readonly letting = new AbortController();
  private deadlineMs: number;

  /** @param sentAtMs of the statement that took it, by {@link Clock.uptimeMs} */
  constructor(
    of: { readonly vm: string; readonly epoch: number },
    clock: Clock,
    leaseMs: number,
    sentAtMs: number,
  ) {
    this.vm = of.vm;
    this.epoch = of.epoch;
    this.clock = clock;
    this.leaseMs = leaseMs;
    this.deadlineMs = sentAtMs + HOLDER_PART * leaseMs;
  }

  get letGo(): AbortSignal {
    return this.letting.signal;
  }

  mayAct(): boolean {
    return !this.letting.signal.aborted && this.clock.uptimeMs() < this.deadlineMs;
  }

  /** The database has renewed it. @param sentAtMs of the statement that did */
  renewed(sentAtMs: number): void {
    this.deadlineMs = Math.max(this.deadlineMs, sentAtMs + HOLDER_PART * this.leaseMs);
  }

  lose(): void {
    this.letting.abort();
  }

  /** @throws {LeaseLostError} */
  check(): void {
    if (this.letting.signal.aborted) throw new LeaseLostError(this.vm);
  }
}
