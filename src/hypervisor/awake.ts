/**
 * The time in which this process could look. One that was frozen (SIGSTOP, a suspended machine, a paused VM) finds on
 * waking that any patience is over, with answers and connections waiting that it has not come to: what it did not wait
 * for awake it did not wait for.
 */
import type { Clock } from './clock.ts';

const BEAT_MS = 250;
/** Between two beats a busy machine may take this long; a longer time is one in which nothing ran. */
const HELD_UP_MS = 1000;

/** Counts by a beat of its own. Each reading is a beat too. */
export class AwakeTime {
  private readonly now: () => number;
  private lastMs: number;
  private awakeMs = 0;

  constructor(now: () => number) {
    this.now = now;
    this.lastMs = now();
    setInterval(() => this.read(), BEAT_MS).unref();
  }

  /** Milliseconds; of a time in which nothing ran it counts one beat, so that it always comes to an end. */
  read(): number {
    const nowMs = this.now();
    const sinceMs = nowMs - this.lastMs;
    this.lastMs = nowMs;
    this.awakeMs += sinceMs > HELD_UP_MS ? BEAT_MS : sinceMs;
    return this.awakeMs;
  }
}

/** Calls back once after that much time awake. @returns the function that prevents it */
export function afterAwake(clock: Clock, ms: number, callback: () => void): () => void {
  const untilMs = clock.awakeMs() + ms;
  let cancel = (): void => {};
  const wait = (): void => {
    const leftMs = untilMs - clock.awakeMs();
    if (leftMs <= 0) return callback();
    // No timer is finer, and a rest that comes of rounding would never pass.
    cancel = clock.after(Math.ceil(leftMs), wait);
  };
  cancel = clock.after(ms, wait);
  return () => cancel();
}
