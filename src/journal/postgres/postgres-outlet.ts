/** A journal as rows. A statement that was answered is committed, so there is nothing to sync. */
import type { Database } from '../../postgres/database.ts';
import type { JournalEntry } from '../journal-entry.ts';
import type { Outlet } from '../outlet.ts';
import { keepEntries, keepJournal, lined } from './keep-entries.ts';

export interface OutletJournal {
  readonly id: string;
  /** It is made with its first entry. */
  readonly isNew: boolean;
  /** What it holds, from that number on. */
  read(fromSeq: number): Promise<readonly JournalEntry[]>;
}

export class PostgresOutlet implements Outlet {
  readonly place: string;
  private readonly database: Database;
  private readonly journal: OutletJournal;

  constructor(database: Database, journal: OutletJournal) {
    this.database = database;
    this.journal = journal;
    this.place = `${journal.id} in ${database.place}`;
  }

  async write(entries: readonly JournalEntry[]): Promise<void> {
    const [first] = entries;
    const { id, isNew } = this.journal;
    if (isNew && first?.type === 'opened')
      await this.database.transaction(async (within) => {
        await keepJournal(within, first);
        await keepEntries(within, id, entries.map(lined));
      });
    else await keepEntries(this.database, id, entries.map(lined));
  }

  async sync(): Promise<void> {}

  read(fromSeq: number): Promise<readonly JournalEntry[]> {
    return this.journal.read(fromSeq);
  }

  async close(): Promise<void> {}

  async remove(): Promise<void> {
    // What another controller wrote is all that the next one has to go by.
    if (this.journal.isNew)
      await this.database.query('delete from switchover.journal where id = $1', [this.journal.id]);
  }
}
