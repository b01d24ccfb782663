/** Time that passes only when it is told to: timers fire in the order of their instants, each after its promises. */
import type { Clock } from '../clock.ts';

interface Timer {
  readonly atMs: number;
  readonly seq: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  private nowMs: number;
  private seq = 0;
  private readonly timers = new Set<Timer>();

  constructor(startMs = 0) {
    this.nowMs = startMs;
  }

  now(): number {
    return this.nowMs;
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
    await settled();
    for (;;) {
      const timer = this.soonest();
      if (!timer || timer.atMs > untilMs) break;
      this.timers.delete(timer);
      this.nowMs = Math.max(this.nowMs, timer.atMs);
      timer.callback();
      await settled();
    }
    this.nowMs = untilMs;
  }

  /** The clock jumps, as when this process was frozen: what was due in between is late. */
  async freeze(ms: number): Promise<void> {
    this.nowMs += ms;
    await this.pass(0);
  }

  private soonest(): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of this.timers)
      if (!best || timer.atMs < best.atMs || (timer.atMs === best.atMs && timer.seq < best.seq)) best = timer;
    return best;
  }
}

/** Everything that waits only for promises has run. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
