/**
 * The migrations that this process follows, or followed a moment ago, folded from their journals as these are written. Whoever
 * shows them listens here; nothing here decides anything.
 *
 *     nothing ──opened──▶ open ──closed──▶ closed ──15 min──▶ nothing   (from then on it is read from where it is kept)
 *
 * Of those that are closed the newest are kept: a service that sees many an hour does not grow with them.
 */
import type { JournalEntry } from '../journal/journal-entry.ts';
import type { JournalWriter } from '../journal/journal-store.ts';
import { foldEntry, type MigrationView, openView } from '../journal/view.ts';
import type { Tick } from '../model/observation.ts';

export interface LiveMigration {
  readonly view: MigrationView;
  /** The newest samples, the oldest first, thinned. */
  readonly ticks: readonly Tick[];
  /** The number of its last entry. */
  readonly lastSeq: number;
  readonly updatedAt: string;
  /** Of the last entry, in milliseconds since the migration began. */
  readonly lastAtMs: number;
  /** Undefined once nobody writes it any more. */
  readonly writer: Pick<JournalWriter, 'entries'> | undefined;
}

type Growing = { -readonly [Key in keyof LiveMigration]: LiveMigration[Key] } & { ticks: Tick[] };

/** Twice as many before every second one goes. */
const KEPT_TICKS = 600;
/** Scrapers of metrics see what was short. */
export const KEPT_AFTER_MS = 15 * 60e3;
/** However many ended within that time. */
const KEPT_CLOSED = 500;

export class LiveMigrations {
  private readonly byId = new Map<string, Growing>();
  private readonly listeners = new Set<(id: string, isNews: boolean) => void>();
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Those that nobody writes any more, in the order in which they ended. */
  private readonly closedIds = new Set<string>();

  get(id: string): LiveMigration | undefined {
    return this.byId.get(id);
  }

  /** The newest first. */
  all(): LiveMigration[] {
    return [...this.byId.values()].reverse();
  }

  /** @param listener hears the id of each migration of which something is new, and whether it is more than a sample @returns what ends that */
  subscribe(listener: (id: string, isNews: boolean) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param entries what a journal holds that is gone on with */
  restore(entries: readonly JournalEntry[]): void {
    for (const entry of entries) this.fold(entry, idOf(entry) ?? idOf(entries[0]) ?? '');
  }

  take(entry: JournalEntry, id: string): void {
    this.fold(entry, id);
    this.tell(id, entry.type !== 'tick');
  }

  opened(id: string, writer: LiveMigration['writer']): void {
    const live = this.byId.get(id);
    if (live) live.writer = writer;
    this.closedIds.delete(id);
  }

  closed(id: string): void {
    const live = this.byId.get(id);
    if (!live) return;
    live.writer = undefined;
    this.tell(id, true);
    this.closedIds.delete(id);
    this.closedIds.add(id);
    const [oldest] = this.closedIds;
    if (this.closedIds.size > KEPT_CLOSED && oldest !== undefined) this.forget(oldest);
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      // Unless it is gone on with.
      if (live.writer === undefined && this.byId.get(id) === live) this.forget(id);
    }, KEPT_AFTER_MS).unref();
    this.timers.add(timer);
  }

  /** It was refused before anything was begun: there is no journal of it. */
  forget(id: string): void {
    this.byId.delete(id);
    this.closedIds.delete(id);
    this.tell(id, true);
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.listeners.clear();
  }

  private fold(entry: JournalEntry, id: string): void {
    const before = this.byId.get(id);
    if (entry.type === 'opened') {
      this.byId.set(id, {
        view: openView(entry),
        ticks: [],
        lastSeq: entry.seq,
        updatedAt: entry.time,
        lastAtMs: 0,
        writer: before?.writer,
      });
      return;
    }
    if (!before) return;
    foldEntry(before.view, entry);
    before.lastSeq = entry.seq;
    before.updatedAt = entry.time;
    before.lastAtMs = entry.atMs;
    if (entry.type === 'tick') before.ticks.push(entry.tick);
    if (before.ticks.length >= 2 * KEPT_TICKS) before.ticks = before.ticks.filter((_, at) => at % 2 === 0);
  }

  private tell(id: string, isNews: boolean): void {
    for (const listener of this.listeners) listener(id, isNews);
  }
}

function idOf(entry: JournalEntry | undefined): string | undefined {
  return entry?.type === 'opened' ? entry.id : undefined;
}
