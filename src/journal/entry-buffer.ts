/**
 * Entries that wait for the disk, bounded. What a full buffer gives up is what can be missed most easily: samples
 * first, then what was seen, and what was decided, done or meant last. Pure.
 */
import type { JournalEntry } from './journal-entry.ts';

/** Higher is kept longer; kinds that are not named are kept longest. */
const WORTH: Partial<Record<JournalEntry['type'], number>> = {
  tick: 0,
  boundary: 1,
  status: 1,
  probed: 1,
  foreseen: 1,
  decision: 2,
  warning: 2,
};
const MOST_WORTH = 3;

export class EntryBuffer {
  private readonly most: number;
  private waiting: JournalEntry[] = [];
  private dropped = 0;

  /** @param most how many it holds */
  constructor(most: number) {
    this.most = most;
  }

  get length(): number {
    return this.waiting.length;
  }

  /** Whether much more could wait. */
  get hasRoom(): boolean {
    return this.waiting.length <= this.most / 2;
  }

  /** How many were given up since {@link forgetMissing}, samples not counted: those are thinned out anyway. */
  get missing(): number {
    return this.dropped;
  }

  forgetMissing(): void {
    this.dropped = 0;
  }

  add(entry: JournalEntry): void {
    this.waiting.push(entry);
    this.trim();
  }

  /** All that waits, in order; the buffer is empty then. */
  takeAll(): readonly JournalEntry[] {
    const all = this.waiting;
    this.waiting = [];
    return all;
  }

  /** What was taken and could not be written waits again, before what came meanwhile. */
  giveBack(entries: readonly JournalEntry[]): void {
    this.waiting = [...entries, ...this.waiting];
    this.trim();
  }

  private trim(): void {
    while (this.waiting.length > this.most) {
      const least = Math.min(...this.waiting.map(worthOf));
      const [gone] = this.waiting.splice(
        this.waiting.findIndex((entry) => worthOf(entry) === least),
        1,
      );
      if (gone?.type !== 'tick') this.dropped += 1;
    }
  }
}

function worthOf({ type }: JournalEntry): number {
  return WORTH[type] ?? MOST_WORTH;
}
