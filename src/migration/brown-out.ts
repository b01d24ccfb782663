/** How long, and how hard, a guest was slowed down before it moved. */
import { IDLE_THROTTLE_PERCENT } from '../model/braking.ts';

export interface BrownOut {
  /**
   * From the first moment at which the guest was seen throttled to its STOP, or to the end of the throttle, in
   * milliseconds. What lies between two samples, up to 250 ms, is not seen.
   */
  readonly ms: number;
  /** The highest throttle seen: per cent of the vCPUs' time that were withheld. */
  readonly percent: number;
}

/** Adds up a guest's brown-out from what is seen of it. */
export class BrownOutMeter {
  private sinceMs: number | undefined;
  private beforeMs = 0;
  private percent = 0;

  /** @param throttlePercent undefined where it is not told */
  see(atMs: number, throttlePercent: number | undefined): void {
    if (throttlePercent === undefined) return;
    if (throttlePercent <= IDLE_THROTTLE_PERCENT) return this.release(atMs);
    this.sinceMs ??= atMs;
    this.percent = Math.max(this.percent, throttlePercent);
  }

  /** The guest stands still, or runs freely. */
  release(atMs: number): void {
    this.beforeMs = this.lastedMs(atMs);
    this.sinceMs = undefined;
  }

  lastedMs(nowMs: number): number {
    return this.beforeMs + (this.sinceMs === undefined ? 0 : Math.max(0, nowMs - this.sinceMs));
  }

  /** Null when it never was slowed down. */
  at(nowMs: number): BrownOut | null {
    return this.percent === 0 ? null : { ms: this.lastedMs(nowMs), percent: this.percent };
  }

  /** The throttle in force. */
  get throttled(): boolean {
    return this.sinceMs !== undefined;
  }

  get highestPercent(): number {
    return this.percent;
  }
}
