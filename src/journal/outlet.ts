import type { JournalEntry } from './journal-entry.ts';

/** Where a recorder's entries go: files, rows. One writer at a time. */
export interface Outlet {
  /** For sentences. */
  readonly place: string;
  /** Keeps them all, or none of those that are no samples. @throws {Error} the reason */
  write(entries: readonly JournalEntry[]): Promise<void>;
  /** Settles once what was written survives the machine's end. @throws {Error} */
  sync(): Promise<void>;
  /** What was kept, from that number on, samples included. @throws {Error} */
  read(fromSeq: number): Promise<readonly JournalEntry[]>;
  /** @throws {Error} */
  close(): Promise<void>;
  /** Closes it and leaves nothing. @throws {Error} */
  remove(): Promise<void>;
}
