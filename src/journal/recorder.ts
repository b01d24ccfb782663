import { type Happening, JOURNAL_SCHEMA, type JournalEntry, type JournalSink } from './journal-entry.ts';
import { errorCode, JournalFile } from './journal-file.ts';

/**
 * Stamps what happens and hands it to the journal file and to whoever shows it. When the file can no longer
 * be written (a full disk), the migration goes on without it and says so once.
 */
export class Recorder implements JournalSink {
  private readonly file: JournalFile;
  private readonly show: (entry: JournalEntry) => void;
  private seq = 0;
  private broken = false;

  private constructor(file: JournalFile, show: (entry: JournalEntry) => void, opening: JournalEntry) {
    this.file = file;
    this.show = show;
    this.seq = opening.seq + 1;
    show(opening);
  }

  /** @throws {JournalError} when the journal cannot be written at all */
  static open(
    stateDir: string,
    opening: Extract<Happening, { type: 'opened' }>,
    show: (entry: JournalEntry) => void,
  ): Recorder {
    const entry = stamp(0, 0, opening);
    return new Recorder(JournalFile.create(stateDir, opening.id, entry), show, entry);
  }

  write(atMs: number, happening: Happening): void {
    const entry = stamp(this.seq, atMs, happening);
    this.seq += 1;
    if (!this.broken) {
      try {
        this.file.append(entry);
      } catch (cause) {
        this.broken = true;
        this.show(entry);
        this.write(atMs, {
          type: 'warning',
          message: `the journal ${this.file.path} can no longer be written (${errorCode(cause)}); the migration goes on without it`,
        });
        return;
      }
    }
    this.show(entry);
  }

  close(): void {
    this.file.close();
  }

  /** Nothing was begun after all: leaves no journal. */
  discard(): void {
    this.file.close();
    this.file.remove();
  }
}

function stamp(seq: number, atMs: number, happening: Happening): JournalEntry {
  return {
    schema: JOURNAL_SCHEMA,
    seq,
    time: new Date().toISOString(),
    atMs: Math.round(atMs * 1000) / 1000,
    ...happening,
  };
}
