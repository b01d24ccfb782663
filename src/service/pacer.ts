/**
 * How often somebody may do something: in bursts up to a size, and in the long run at a rate (the generic cell rate algorithm: of each
 * one only the moment is kept at which all that he did would be used up). Pure: the time comes with the question.
 */

export interface Pace {
  readonly perSecond: number;
  /** At once, after a time of rest. */
  readonly burst: number;
}

/** Of so many something is kept: more than speak to one service. */
const MOST = 10_000;

export class Pacer {
  private readonly intervalMs: number;
  private readonly burstMs: number;
  private readonly most: number;
  /** By who it is: when he has rested. */
  private readonly restedAt = new Map<string, number>();

  constructor({ perSecond, burst }: Pace, most = MOST) {
    this.intervalMs = 1000 / perSecond;
    this.burstMs = burst * this.intervalMs;
    this.most = most;
  }

  /** @returns 0: it may be done, and is counted; else after how many milliseconds it may, and nothing is counted */
  waitMs(who: string, nowMs: number): number {
    const next = Math.max(this.restedAt.get(who) ?? 0, nowMs) + this.intervalMs;
    const waitMs = next - nowMs - this.burstMs;
    // Less than a microsecond is what adding up numbers leaves.
    if (waitMs > 1e-3) return waitMs;
    if (this.restedAt.size >= this.most && !this.restedAt.has(who)) this.makeRoom(nowMs);
    this.restedAt.set(who, next);
    return 0;
  }

  /** Of how many something is kept. */
  get size(): number {
    return this.restedAt.size;
  }

  /** Who has rested is as good as unknown. Where nobody has, half of them begin anew. */
  private makeRoom(nowMs: number): void {
    for (const [who, restedAt] of this.restedAt) if (restedAt <= nowMs) this.restedAt.delete(who);
    const tooMany = this.restedAt.size - this.most / 2;
    if (this.restedAt.size < this.most) return;
    let gone = 0;
    for (const who of this.restedAt.keys()) {
      if (gone >= tooMany) return;
      this.restedAt.delete(who);
      gone += 1;
    }
  }
}
