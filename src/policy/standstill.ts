/**
 * Whether a guest that is said to come within a limit by itself comes nearer to it. Near the limit QEMU ends each pass
 * while about as much as fits is unsent, and what is dirtied in the 50 ms that it sends for may then keep the rest just above
 * what fits for ever, although whole passes would bring it below (`model/convergence.ts` reckons with whole ones).
 */

/** A smaller rest than ever, by less than this share, is no progress. */
const LESS = 0.005;
/** Short passes waver: as many have to leave no less, */
const BOUNDARIES = 8;
/** and for as long. */
const FOR_MS = 1000;

export class Standstill {
  private leastBytes = Number.POSITIVE_INFINITY;
  private sinceMs = 0;
  private nowMs = 0;
  private boundaries = 0;

  /** To be told of each boundary. */
  see(atMs: number, restBytes: number): void {
    this.nowMs = atMs;
    this.boundaries += 1;
    if (restBytes >= (1 - LESS) * this.leastBytes) return;
    this.leastBytes = restBytes;
    this.sinceMs = atMs;
    this.boundaries = 0;
  }

  get lasts(): boolean {
    return this.boundaries >= BOUNDARIES && this.nowMs - this.sinceMs >= FOR_MS;
  }
}
