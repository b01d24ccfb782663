/**
 * Migrations that nobody here follows, read from their journals: in the folder, else in the database, where there is one. Those
 * that ended are read once.
 */

import type { JournalEntry } from '../journal/journal-entry.ts';
import { JournalError } from '../journal/journal-error.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { JournalArchive } from '../journal/postgres/journal-archive.ts';
import { isUnfinished } from '../journal/unfinished.ts';
import { viewOf } from '../journal/view.ts';
import type { Tick } from '../model/observation.ts';
import { Elsewhere } from './elsewhere.ts';
import type { LiveMigration } from './live-migrations.ts';
import { summaryOf } from './migration-summary.ts';

/** What a service asks its database. */
export type Archive = Pick<JournalArchive, 'problem' | 'onlyInFolder' | 'newestFirst' | 'read' | 'ofMoves'>;

const KEPT = 2000;

export class PastMigrations {
  private readonly store: JournalStore;
  private readonly archive: Archive | undefined;
  private readonly elsewhere: Elsewhere | undefined;
  /** Those that have ended: nothing of them changes any more but that an operator may have them settled. */
  private readonly ended = new Map<string, LiveMigration>();

  constructor(store: JournalStore, archive?: Archive) {
    this.store = store;
    this.archive = archive;
    this.elsewhere = archive && new Elsewhere(archive);
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
      try {
        return pastOf((await this.store.read(id, 0, { samples })).entries);
      } catch (error) {
        if (!this.archive || !isAbsent(error)) throw error;
        if (samples) return await this.elsewhere?.read(id);
        return pastOf((await this.archive.read(id, 0, false)).entries);
      }
    } catch (error) {
      if (error instanceof JournalError) return undefined;
      throw error;
    }
  }

  /** @throws {JournalError} where its journal is not there @throws {StoreError} where it may be in a database that is away */
  async entries(id: string, fromSeq: number, samples: boolean): Promise<readonly JournalEntry[]> {
    try {
      return (await this.store.read(id, fromSeq, { samples })).entries;
    } catch (error) {
      if (!this.archive || !isAbsent(error)) throw error;
      return (await this.archive.read(id, fromSeq, samples)).entries;
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

/** What the database keeps to show of a migration in a list; undefined: it is not over. */
export function summaryLineOf(entries: readonly JournalEntry[]): string | undefined {
  const past = pastOf(entries);
  return isUnfinished(past.view) ? undefined : JSON.stringify(summaryOf({ ...past, ticks: [] }));
}

/** @throws {JournalError} when the first entry does not open a migration */
function pastOf(entries: readonly JournalEntry[]): LiveMigration {
  const last = entries.at(-1);
  return {
    view: viewOf(entries),
    ticks: entries.flatMap((entry): Tick[] => (entry.type === 'tick' ? [entry.tick] : [])),
    lastSeq: last?.seq ?? 0,
    updatedAt: last?.time ?? '',
    lastAtMs: last?.atMs ?? 0,
    writer: undefined,
  };
}

function isAbsent(error: unknown): boolean {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  return error instanceof JournalError && cause?.code === 'ENOENT';
}
