/**
 * When an event happened, on our monotonic clock. virsh stamps it with the wall clock of this machine; what that
 * clock says *now*, as the event is read, tells how long the delivery took. So a step of the wall clock dates
 * nothing falsely: only one within the delivery itself could, and that is bounded.
 */

export interface Clocks {
  /** Monotonic, in milliseconds: performance.now(). */
  now(): number;
  /** Milliseconds since 1970: Date.now(). */
  wall(): number;
}

export const REAL_CLOCKS: Clocks = { now: () => performance.now(), wall: () => Date.now() };

/** No delivery takes longer, unless we did not read: then the stamp is believed only this far back. */
const LONGEST_DELIVERY_MS = 2000;

export class EventTime {
  private readonly clocks: Clocks;
  /** virsh prints in order: what comes later did not happen earlier. */
  private lastMs = Number.NEGATIVE_INFINITY;

  constructor(clocks: Clocks = REAL_CLOCKS) {
    this.clocks = clocks;
  }

  /** @param stampMs what virsh printed, in milliseconds since 1970 */
  of(stampMs: number): number {
    const nowMs = this.clocks.now();
    const deliveryMs = this.clocks.wall() - stampMs;
    const believable = deliveryMs >= 0 && deliveryMs <= LONGEST_DELIVERY_MS;
    this.lastMs = Math.max(this.lastMs, believable ? nowMs - deliveryMs : nowMs);
    return this.lastMs;
  }
}
