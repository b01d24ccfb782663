/** A store of journals that tells of each one that is written through it, whoever has it written: the API, or watch. */
import type {
  JournalStore,
  JournalWriter,
  NewOpening,
  PruneOptions,
  Show,
} from '../journal/journal-store.ts';
import type { JournalArchive } from '../journal/postgres/journal-archive.ts';
import type { LiveMigrations } from './live-migrations.ts';

export class ObservedJournals implements JournalStore {
  private readonly kept: JournalStore;
  private readonly live: LiveMigrations;

  private readonly archive: Pick<JournalArchive, 'hasAll'> | undefined;
  private readonly limits: Partial<PruneOptions>;

  /**
   * @param archive the database that is fed from it: what it has not taken in yet is not removed
   * @param limits of what is kept, where whoever has it pruned names none
   */
  constructor(
    kept: JournalStore,
    live: LiveMigrations,
    archive?: Pick<JournalArchive, 'hasAll'>,
    limits: Partial<PruneOptions> = {},
  ) {
    this.kept = kept;
    this.live = live;
    this.archive = archive;
    this.limits = limits;
  }

  get place(): string {
    return this.kept.place;
  }

  async open(opening: NewOpening, show?: Show): Promise<JournalWriter> {
    return this.observed(await this.kept.open(opening, this.telling(show)));
  }

  async reopen(id: string, show?: Show): Promise<JournalWriter> {
    const { entries } = await this.kept.read(id, 0, { samples: true });
    this.live.restore(entries);
    return this.observed(await this.kept.reopen(id, this.telling(show)));
  }

  read(...args: Parameters<JournalStore['read']>): ReturnType<JournalStore['read']> {
    return this.kept.read(...args);
  }

  list(): ReturnType<JournalStore['list']> {
    return this.kept.list();
  }

  find(...args: Parameters<JournalStore['find']>): ReturnType<JournalStore['find']> {
    return this.kept.find(...args);
  }

  unfinishedOf(...args: Parameters<JournalStore['unfinishedOf']>): ReturnType<JournalStore['unfinishedOf']> {
    return this.kept.unfinishedOf(...args);
  }

  owingOf(...args: Parameters<JournalStore['owingOf']>): ReturnType<JournalStore['owingOf']> {
    return this.kept.owingOf(...args);
  }

  async prune(options: Partial<PruneOptions> = {}): ReturnType<JournalStore['prune']> {
    await this.archive?.hasAll();
    return await this.kept.prune({ ...this.limits, ...options });
  }

  private telling(show: Show | undefined): Show {
    return (entry, id) => {
      this.live.take(entry, id);
      show?.(entry, id);
    };
  }

  private observed(writer: JournalWriter): JournalWriter {
    this.live.opened(writer.id, writer);
    return {
      id: writer.id,
      append: (atMs, happening) => writer.append(atMs, happening),
      flush: async (withinMs) => await writer.flush(withinMs),
      entries: (fromSeq) => writer.entries(fromSeq),
      close: async () => {
        await writer.close();
        this.live.closed(writer.id);
      },
      discard: async () => {
        await writer.discard();
        this.live.forget(writer.id);
      },
    };
  }
}
