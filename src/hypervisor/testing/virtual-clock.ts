/** Time that passes only when it is told to: timers fire in the order of their instants, each after its promises. */
import type { Clock } from '../clock.ts';

interface Timer {
  readonly atMs: number;
  readonly seq: number;
  readonly callback: () => void;
}

/** Far more timers than ever are due at one instant. */
const MOST_AT_ONCE = 100_000;

export class VirtualClock implements Clock {
  private nowMs: number;
  private frozenMs = 0;
  private seq = 0;
  private readonly timers = new Set<Timer>();
  private firedNow = 0;

  private readonly settled: () => Promise<void>;

  constructor(startMs = 0, whenSettled = settled) {
    this.nowMs = startMs;
    this.settled = whenSettled;
  }

  now(): number {
    return this.nowMs;
  }

  uptimeMs(): number {
    return this.nowMs;
  }

  awakeMs(): number {
    return this.nowMs - this.frozenMs;
  }

  async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => this.after(ms, resolve));
  }

  after(ms: number, callback: () => void): () => void {
    if (ms === Number.POSITIVE_INFINITY) return () => {};
    const timer = { atMs: this.nowMs + Math.max(0, ms), seq: this.seq, callback };
    this.seq += 1;
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** The instant of the next timer; undefined where nothing waits. */
  get nextMs(): number | undefined {
    return this.soonest()?.atMs;
  }

  /** Lets that much time pass, with everything that is due in it. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await this.settled();
    for (;;) {
      const timer = this.soonest();
      if (!timer || timer.atMs > untilMs) break;
      this.fire(timer);
      await this.settled();
    }
    this.nowMs = untilMs;
  }

  /**
   * Lets time pass until that is settled. @returns what it was resolved with @throws {Error} what it was rejected with,
   * or that it is not settled within that time, or that nothing is left to wait for
   */
  async until<T>(promise: Promise<T>, withinMs = 3_600_000): Promise<T> {
    let over = false;
    const mark = (): void => {
      over = true;
    };
    promise.then(mark, mark);
    const lastMs = this.nowMs + withinMs;
    await this.settled();
    while (!over) {
      const timer = this.soonest();
      if (!timer) throw new Error(`at ${this.nowMs} ms nothing is left to wait for`);
      if (timer.atMs > lastMs) throw new Error(`nothing came of it within ${withinMs} ms of virtual time`);
      this.fire(timer);
      await this.settled();
    }
    return await promise;
  }

  /** The clock jumps, as when this process was frozen: what was due in between is late. */
  async freeze(ms: number): Promise<void> {
    this.nowMs += ms;
    this.frozenMs += ms;
    await this.pass(0);
  }

  private fire(timer: Timer): void {
    this.timers.delete(timer);
    this.firedNow = timer.atMs > this.nowMs ? 0 : this.firedNow + 1;
    if (this.firedNow > MOST_AT_ONCE)
      throw new Error(`the clock stands still at ${this.nowMs} ms: a timer sets itself anew, without end`);
    this.nowMs = Math.max(this.nowMs, timer.atMs);
    timer.callback();
  }

  private soonest(): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of this.timers)
      if (!best || timer.atMs < best.atMs || (timer.atMs === best.atMs && timer.seq < best.seq)) best = timer;
    return best;
  }
}

/** Everything that waits only for promises has run, and what had come in by then from outside of this process. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Everything that waits only for promises has run. Quicker; for a world in which nobody waits for anything else. */
export async function promisesSettled(): Promise<void> {
  // Node gives a tick its turn once no promise has anything left to do; but at once, where a callback of the event loop's asks.
  await undefined;
  await new Promise<void>((resolve) => process.nextTick(resolve));
}
