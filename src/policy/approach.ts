/**
 * Whether a guest that is said to come within a limit by itself comes nearer to it, and soon enough. Near the limit QEMU
 * ends each pass while about as much as fits is unsent, and what is dirtied in the 50 ms that it sends for may then keep the
 * rest just above what fits for ever, or let it sink by a hair each time, although whole passes would bring it below
 * (`model/convergence.ts` reckons with whole ones).
 */

/** Short passes waver: as many are compared over, */
const BOUNDARIES = 8;
/** and as much time. */
const FOR_MS = 500;
/** Boundaries before these are not asked for any more: so many come in that time, and more. */
const KEPT_BOUNDARIES = 32;

interface Rest {
  readonly atMs: number;
  readonly restBytes: number;
}

export class Approach {
  private rests: readonly Rest[] = [];

  /** To be told of each boundary. */
  see(atMs: number, restBytes: number): void {
    this.rests = [...this.rests, { atMs, restBytes }].slice(-KEPT_BOUNDARIES);
  }

  /**
   * At the pace of the last boundaries it takes longer than `withinMs` until no more than `fitsBytes` are left. False while
   * there are too few to tell.
   */
  takesLonger(fitsBytes: number, withinMs: number): boolean {
    const now = this.rests.at(-1);
    const then = this.rests
      .slice(0, -BOUNDARIES)
      .findLast(({ atMs }) => now !== undefined && now.atMs - atMs >= FOR_MS);
    if (!now || !then) return false;
    const bytesPerMs = Math.max(0, then.restBytes - now.restBytes) / (now.atMs - then.atMs);
    return now.restBytes - fitsBytes > bytesPerMs * withinMs;
  }
}
