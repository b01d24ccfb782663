/**
 * Whether passes that end early hold a guest up. Under a long downtime limit QEMU ends each pass while as much as that limit
 * has room for is unsent. A part that the guest writes quickly is then sent again and again, and one that it
 * writes slowly, or no more, may never get its turn: whole passes can leave less, and take no longer than a few of those.
 */
import type { Boundary } from '../model/observation.ts';

/** A smaller rest than ever, by less than this share, is no progress. */
const LESS = 0.01;

export class EarlyEnds {
  private leastBytes = Number.POSITIVE_INFINITY;
  private sinceMs = 0;

  /**
   * To be told of each boundary whose pause is not allowed.
   * @param wholePassMs how long it takes to send all that is dirty
   * @returns true once no boundary has left less for as long as that, and again each time that as long has passed since
   * the whole pass that followed
   */
  hold({ atMs, remainingBytes }: Boundary, wholePassMs: number): boolean {
    if (remainingBytes < (1 - LESS) * this.leastBytes) {
      this.leastBytes = remainingBytes;
      this.sinceMs = atMs;
      return false;
    }
    if (atMs - this.sinceMs < wholePassMs) return false;
    this.sinceMs = atMs + wholePassMs;
    return true;
  }
}
