/**
 * The newest entries in memory, for those who follow a journal while it is written. A reader that is slow, or comes
 * late, reads what is older from where it was kept, so that nothing grows with the number of readers.
 */
import type { JournalEntry } from './journal-entry.ts';

const KEPT = 1024;

export class Tail {
  /** Without gaps in their numbers. */
  private recent: JournalEntry[] = [];
  private nextSeq: number;
  private ended = false;
  private change = Promise.withResolvers<void>();

  constructor(nextSeq: number) {
    this.nextSeq = nextSeq;
  }

  add(entry: JournalEntry): void {
    this.recent.push(entry);
    this.nextSeq = entry.seq + 1;
    if (this.recent.length > 2 * KEPT) this.recent = this.recent.slice(-KEPT);
    this.wake();
  }

  end(): void {
    this.ended = true;
    this.wake();
  }

  /** @param readKept what was kept elsewhere, from that number on; may leave entries out */
  async *follow(
    fromSeq: number,
    readKept: (fromSeq: number) => Promise<readonly JournalEntry[]>,
  ): AsyncGenerator<JournalEntry, void> {
    let next = fromSeq;
    for (;;) {
      const oldest = this.recent[0]?.seq ?? this.nextSeq;
      if (next < oldest) {
        for (const entry of await readKept(next)) if (entry.seq < oldest) yield entry;
        next = oldest;
        continue;
      }
      const entry = this.recent[next - oldest];
      if (entry) {
        next += 1;
        yield entry;
      } else if (this.ended) return;
      else await this.change.promise;
    }
  }

  private wake(): void {
    this.change.resolve();
    this.change = Promise.withResolvers<void>();
  }
}
