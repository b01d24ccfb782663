/**
 * Migrations that other services on the database drive, as they grow: whoever looks at one asks again each second, and a long
 * one has many samples. So what is known is kept, and what is new since is folded into it.
 */
import type { JournalArchive } from '../journal/postgres/journal-archive.ts';
import { type LiveMigration, LiveMigrations } from './live-migrations.ts';

interface Place {
  /** Numbers of its last entry, and of its last sample. */
  entry: number;
  sample: number;
}

/** However many are looked at. */
const KEPT = 200;
/** Samples are written beside the entries: one may come before an entry of a lower number. */
const ENTRIES_WITHIN = 40;

export class Elsewhere {
  private readonly archive: Pick<JournalArchive, 'read'>;
  private readonly folded = new LiveMigrations();
  /** In the order in which they were asked for first. */
  private readonly places = new Map<string, Place>();

  constructor(archive: Pick<JournalArchive, 'read'>) {
    this.archive = archive;
  }

  /** @throws {JournalError} where there is none @throws {StoreError} */
  async read(id: string): Promise<LiveMigration | undefined> {
    const known = this.places.get(id);
    const from = known ? Math.max(known.entry + 1, known.sample - ENTRIES_WITHIN) : 0;
    const { entries } = await this.archive.read(id, from, true);
    // Another one may have asked meanwhile.
    const place = this.places.get(id) ?? { entry: -1, sample: -1 };
    for (const entry of entries) {
      const kind = entry.type === 'tick' ? 'sample' : 'entry';
      if (entry.seq <= place[kind]) continue;
      place[kind] = entry.seq;
      this.folded.take(entry, id);
    }
    this.places.set(id, place);
    const [oldest] = this.places.keys();
    if (this.places.size > KEPT && oldest !== undefined) {
      this.places.delete(oldest);
      this.folded.forget(oldest);
    }
    return this.folded.get(id);
  }
}
