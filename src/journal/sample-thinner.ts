/**
 * Which samples are kept: all in the first minute, one a second in the first ten, then one in ten seconds. A
 * migration that is left running for a day would else write 345,000 of them. Pure.
 *
 * The last sample before something that is worth knowing its figures is always kept: `replay` and the history of a
 * guest need what was known at a decision and when the guest stopped.
 */
import type { JournalEntry } from './journal-entry.ts';

const STEPS = [
  { untilMs: 60_000, everyMs: 0 },
  { untilMs: 600_000, everyMs: 1000 },
  { untilMs: Number.POSITIVE_INFINITY, everyMs: 10_000 },
];

const NEEDS_SAMPLE: ReadonlySet<JournalEntry['type']> = new Set(['decision', 'guest', 'state', 'ended']);

export class SampleThinner {
  private lastKeptMs = Number.NEGATIVE_INFINITY;
  private withheld: JournalEntry | undefined;

  /** @returns what is to be kept now, in order */
  take(entry: JournalEntry): readonly JournalEntry[] {
    if (entry.type !== 'tick') {
      const before = NEEDS_SAMPLE.has(entry.type) ? this.withheld : undefined;
      if (before) this.keep(before);
      return before ? [before, entry] : [entry];
    }
    if (entry.atMs - this.lastKeptMs < everyMs(entry.atMs)) {
      this.withheld = entry;
      return [];
    }
    this.keep(entry);
    return [entry];
  }

  private keep(tick: JournalEntry): void {
    this.lastKeptMs = tick.atMs;
    this.withheld = undefined;
  }
}

function everyMs(atMs: number): number {
  return STEPS.find(({ untilMs }) => atMs < untilMs)?.everyMs ?? 0;
}
