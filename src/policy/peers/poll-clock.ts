/**
 * A peer polls at its own interval; we see only our observations. A poll happens at the first observation at
 * or after its due instant, and due instants stay on their grid, so that 400 ms polls seen at 250 ms ticks
 * still come every 400 ms on average.
 */
export class PollClock {
  private intervalMs: number;
  private dueMs: number;

  /** @param firstDueMs when the first poll is due; by default after one interval, as in a loop that sleeps first */
  constructor(intervalMs: number, firstDueMs = intervalMs) {
    this.intervalMs = intervalMs;
    this.dueMs = firstDueMs;
  }

  /** Whether a poll is due by now. Several that were missed count as one. */
  due(atMs: number): boolean {
    if (atMs < this.dueMs) return false;
    const missed = Math.floor((atMs - this.dueMs) / this.intervalMs);
    this.dueMs += (missed + 1) * this.intervalMs;
    return true;
  }

  /** Begins a new grid: the next poll is due one interval from now. */
  restart(atMs: number, intervalMs = this.intervalMs): void {
    this.intervalMs = intervalMs;
    this.dueMs = atMs + intervalMs;
  }
}
