/**
 * Measures the guest's pause, from STOP on the source to running again on whichever side, and how long it has stood
 * still so far. An instant that we may have seen late (we looked at nothing just before it) makes the pause unseen:
 * a figure would be a guess. Time in which we looked at nothing does not count as standing still.
 */
import type { Pause } from './ending.ts';

/** Beyond this an instant is too uncertain to measure by. */
export const CERTAIN_MS = 100;

export class PauseMeter {
  private stoppedAtMs: number | undefined;
  private resumedAtMs: number | undefined;
  private unseen = false;
  private blindMs = 0;

  stop(atMs: number, unseenMs = 0): void {
    this.stoppedAtMs = atMs;
    this.resumedAtMs = undefined;
    this.blindMs = 0;
    this.unseen = unseenMs > CERTAIN_MS;
  }

  resume(atMs: number, unseenMs = 0): void {
    this.resumedAtMs = atMs;
    this.unseen ||= unseenMs > CERTAIN_MS;
  }

  /** We looked at nothing for that long. */
  gap(forMs: number): void {
    if (this.standsStill) this.blindMs += forMs;
  }

  /** The stop, or the end of it, was not seen at all. */
  missed(): void {
    this.unseen = true;
  }

  /** Since when the guest stands still, less what we did not look at; undefined while it runs. */
  stoppedMs(nowMs: number): number | undefined {
    if (!this.standsStill || this.stoppedAtMs === undefined) return undefined;
    return Math.max(0, nowMs - this.stoppedAtMs - this.blindMs);
  }

  get pause(): Pause {
    if (this.unseen && this.stoppedAtMs !== undefined) return { kind: 'unseen' };
    if (this.stoppedAtMs === undefined || this.resumedAtMs === undefined) return { kind: 'none' };
    const ms = this.resumedAtMs - this.stoppedAtMs;
    // Two clocks, of which one was set in between.
    return ms < 0 ? { kind: 'unseen' } : { kind: 'measured', ms };
  }

  private get standsStill(): boolean {
    return this.stoppedAtMs !== undefined && this.resumedAtMs === undefined;
  }
}
