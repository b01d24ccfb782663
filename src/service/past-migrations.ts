/** Migrations that nobody here follows, read from their journals; those that ended are read once. */
import { JournalError } from '../journal/journal-error.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import { viewOf } from '../journal/view.ts';
import type { Tick } from '../model/observation.ts';
import type { LiveMigration } from './live-migrations.ts';

const KEPT = 2000;

export class PastMigrations {
  private readonly store: JournalStore;
  /** Those that have ended: nothing of them changes any more but that an operator may have them settled. */
  private readonly ended = new Map<string, LiveMigration>();

  constructor(store: JournalStore) {
    this.store = store;
  }

  /** @returns undefined where its journal is not there, or is damaged */
  async read(id: string): Promise<LiveMigration | undefined> {
    const known = this.ended.get(id);
    if (known) return known;
    const read = await this.readWhole(id, false);
    if (read?.view.outcome && read.view.outcome.outcome !== 'detached') this.keep(id, read);
    return read;
  }

  /** With its samples. */
  async readWhole(id: string, samples = true): Promise<LiveMigration | undefined> {
    try {
      const { entries } = await this.store.read(id, 0, { samples });
      const last = entries.at(-1);
      return {
        view: viewOf(entries),
        ticks: entries.flatMap((entry): Tick[] => (entry.type === 'tick' ? [entry.tick] : [])),
        lastSeq: last?.seq ?? 0,
        updatedAt: last?.time ?? '',
        lastAtMs: last?.atMs ?? 0,
        writer: undefined,
      };
    } catch (error) {
      if (error instanceof JournalError) return undefined;
      throw error;
    }
  }

  /** The newest first, from before that one on. */
  async *newestFirst(before: string | undefined): AsyncGenerator<LiveMigration> {
    const ids = await this.store.list();
    const at = before === undefined ? -1 : ids.lastIndexOf(before);
    for (let next = (at === -1 ? ids.length : at) - 1; next >= 0; next -= 1) {
      const read = await this.read(ids[next] ?? '');
      if (read) yield read;
    }
  }

  private keep(id: string, read: LiveMigration): void {
    if (this.ended.size >= KEPT) {
      const [oldest] = this.ended.keys();
      if (oldest !== undefined) this.ended.delete(oldest);
    }
    this.ended.set(id, { ...read, ticks: [] });
  }
}
