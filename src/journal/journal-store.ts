/**
 * The port through which everything above keeps and reads journals. A folder implements it (`folder/`); a database
 * may later. What each has to do is in `journal-store.contract.ts`.
 */
import type { Happening, JournalEntry, JournalSink, Opened } from './journal-entry.ts';
import type { MigrationView } from './view.ts';

/** The store gives the id, so that ids sort by creation. */
export type NewOpening = Omit<Opened, 'type' | 'id'>;

/** The VM by its identity and by its address on the source. */
export interface VmKey {
  readonly uuid: string | null;
  readonly vm: string;
}

/** Shows entries as they happen. */
export type Show = (entry: JournalEntry, id: string) => void;

export interface JournalStore {
  /** Where it is, for sentences. */
  readonly place: string;

  /**
   * Opens a journal with its first entry, which is safely kept before this settles: so it is known that journals
   * can be written before anything else begins.
   * @throws {JournalError} when it cannot be written, or others could have written it
   */
  open(opening: NewOpening, show?: Show): Promise<JournalWriter>;

  /**
   * Goes on with a journal whose writer is gone, to add how it ended.
   * @throws {JournalError}
   */
  reopen(id: string, show?: Show): Promise<JournalWriter>;

  /**
   * The entries from that number on, those that are damaged left out and told. Without samples, unless asked for;
   * in a journal of schema 1 they are among the rest.
   * @throws {JournalError} when there is no such journal, or it cannot be read
   */
  read(id: string, fromSeq?: number, options?: { readonly samples?: boolean }): Promise<JournalReading>;

  /** Ids, oldest first; empty when nothing was kept yet. @throws {JournalError} */
  list(): Promise<readonly string[]>;

  /**
   * Finds a journal by its id, by an unambiguous part of it, or `last`.
   * @throws {JournalError} when there is none or more than one
   */
  find(idOrPart: string): Promise<string>;

  /**
   * The newest journal of this VM, when switchover did not see the end of its migration. Found by an index: journals
   * of other VMs are not read. The UUID decides where it is known on both sides, else the address.
   * @throws {JournalError} when the place cannot be trusted
   */
  unfinishedOf(vm: VmKey): Promise<MigrationView | undefined>;

  /**
   * The same, or one that has ended and could not put back what it had set, at whichever side.
   * @throws {JournalError} when the place cannot be trusted
   */
  owingOf(vm: VmKey): Promise<MigrationView | undefined>;

  /** Removes old journals. @throws {JournalError} */
  prune(options?: Partial<PruneOptions>): Promise<PruneReport>;
}

export interface JournalReading {
  readonly id: string;
  readonly entries: readonly JournalEntry[];
  /** A sentence for each line that could not be read, with its place; the first ones, and how many more. */
  readonly problems: readonly string[];
}

export interface JournalWriter {
  readonly id: string;

  /** Stamps it, shows it, and has it written soon. Never waits for a disk, never throws. */
  append(atMs: number, happening: Happening): JournalEntry;

  /**
   * Waits until everything so far is safely kept, not longer than `withinMs` (5 s). For what must not be forgotten
   * before it is done. Never rejects.
   * @returns false: it is not kept (a full disk, one that does not answer); there is a warning of it in the journal
   */
  flush(withinMs?: number): Promise<boolean>;

  /** All entries from that number on, samples included, then those to come, until the journal is closed. */
  entries(fromSeq?: number): AsyncIterable<JournalEntry>;

  /** Writes what is left and closes it. Never rejects: this changes nothing of what became of the migration. */
  close(): Promise<void>;

  /** Nothing was begun after all: leaves no journal, but one that it went on with as it was. Never rejects. */
  discard(): Promise<void>;
}

export interface PruneOptions {
  /** What was last written that long ago goes. */
  readonly olderThanMs: number;
  /** Finished ones go, the oldest first, until all take no more than that. */
  readonly maxBytes: number;
  readonly nowMs: number;
  /** Removes nothing, and reports what it would remove. */
  readonly dryRun: boolean;
}

export const KEEP_FOR_MS = 90 * 24 * 3600e3;
export const KEEP_BYTES = 1e9;

export interface PruneReport {
  readonly removed: readonly PrunedJournal[];
  /** What is left. */
  readonly kept: { readonly count: number; readonly bytes: number };
  /** A sentence for each that could not be removed. */
  readonly problems: readonly string[];
}

export interface PrunedJournal {
  readonly id: string;
  readonly bytes: number;
  readonly because: 'age' | 'size';
}

/** A journal as the supervisor sees it. */
export function sinkOf(writer: JournalWriter): JournalSink {
  return {
    write(atMs, happening) {
      writer.append(atMs, happening);
    },
  };
}
