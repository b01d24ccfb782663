import { setImmediate } from 'node:timers/promises';

/** What a decision may wait for whoever answers: a fifth of what a busy machine takes by itself. */
const HOLDS_MS = 4;

/**
 * Decisions are made in this process, too. Whoever works through many of anything, each in a moment, waits for no timer and no
 * socket on the way, and lets nothing else in: he breathes after each.
 */
export class Breather {
  private sinceMs = performance.now();

  /** Lets in whatever waits, where it has waited long enough. */
  async breathe(): Promise<void> {
    if (performance.now() - this.sinceMs < HOLDS_MS) return;
    await setImmediate();
    this.sinceMs = performance.now();
  }
}
