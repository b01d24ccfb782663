/**
 * A cancel as one transaction (S4): it is tried until the migration's end is known, or until it is known to be too
 * late. While it fails the hypervisor is restrained: a downtime limit at its least and no throttle, so that what was
 * allowed before is not allowed any more.
 *
 * No clock of its own: {@link look} is called with the time whenever an event arrives.
 */
import { type Effect, type RunningMigration, TooLateError } from '../hypervisor/hypervisor.ts';

/** Between two tries, the longer the more have failed. */
const AGAIN_AFTER_MS = [500, 1000, 2000, 5000];
/** A cancel that was taken and has no end after so long is asked for again. */
const TAKEN_AGAIN_AFTER_MS = 5000;

export interface CancelListener {
  did(effect: Effect): void;
  failed(words: string): void;
  tooLate(words: string): void;
}

export class CancelTransaction {
  private readonly migration: Pick<RunningMigration, 'cancel' | 'restrain'>;
  private readonly listener: CancelListener;
  private underWay: Promise<void> | undefined;
  private failures = 0;
  private nextTryMs = 0;
  private restrained = false;
  private over = false;

  constructor(migration: Pick<RunningMigration, 'cancel' | 'restrain'>, listener: CancelListener) {
    this.migration = migration;
    this.listener = listener;
  }

  /** Tries, unless a try is under way or the last one was just now. */
  look(nowMs: number): void {
    if (this.over || this.underWay || nowMs < this.nextTryMs) return;
    this.underWay = this.try(nowMs).finally(() => {
      this.underWay = undefined;
    });
  }

  /** Somebody asks for it again: the next look tries at once. */
  hurry(): void {
    this.nextTryMs = 0;
  }

  /** The migration's end is known: nothing is tried any more. Settles when no try is under way. */
  async end(): Promise<void> {
    this.over = true;
    await this.underWay;
  }

  private async try(nowMs: number): Promise<void> {
    try {
      this.listener.did(await this.migration.cancel());
      this.nextTryMs = nowMs + TAKEN_AGAIN_AFTER_MS;
    } catch (error) {
      if (error instanceof TooLateError) {
        this.over = true;
        this.listener.tooLate(error.message);
        return;
      }
      const waitMs = AGAIN_AFTER_MS[Math.min(this.failures, AGAIN_AFTER_MS.length - 1)] ?? 0;
      this.failures += 1;
      this.nextTryMs = nowMs + waitMs;
      this.listener.failed(wordsOf(error));
      await this.restrain();
    }
  }

  private async restrain(): Promise<void> {
    if (this.restrained) return;
    try {
      this.listener.did(await this.migration.restrain());
      this.restrained = true;
    } catch {
      // The hypervisor does not take it now; the next try asks again.
    }
  }
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
