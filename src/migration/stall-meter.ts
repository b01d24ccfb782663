/**
 * For how long nothing has moved although the hypervisor answered: only time between two answers that followed each
 * other closely counts. A hypervisor that did not answer, or a controller that did not look, proves nothing of the
 * link (S7).
 */

/** Two answers further apart than this leave open what happened in between. */
const CLOSE_MS = 2000;

export class StallMeter {
  private lastAnswerMs: number | undefined;
  private sentBytes = -1;
  private stalled = 0;

  /** The hypervisor answered. */
  answer(atMs: number, sentBytes: number): void {
    const apartMs = this.lastAnswerMs === undefined ? 0 : atMs - this.lastAnswerMs;
    this.lastAnswerMs = atMs;
    if (sentBytes > this.sentBytes) {
      this.sentBytes = sentBytes;
      this.stalled = 0;
    } else if (apartMs <= CLOSE_MS) this.stalled += apartMs;
  }

  /** It cannot have stalled: nothing is to move yet, or we looked at nothing. */
  restart(): void {
    this.stalled = 0;
    this.lastAnswerMs = undefined;
  }

  get stalledMs(): number {
    return this.stalled;
  }
}
