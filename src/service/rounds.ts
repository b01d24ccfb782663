/**
 * What changed among the migrations, told in rounds to however many read. What happened to one (a pass ended, something was
 * decided, it stopped) is told with the next round, in a few milliseconds; a sample, which only moves its figures on, with one
 * round in {@link SAMPLES_EVERY_MS}. The text of a round is made once: readers cost one write each, and one that is slow gets
 * only which migrations it has to hear of, and the newest of them when it comes to it.
 */
import type { LiveMigrations } from './live-migrations.ts';

/** Four a second of each migration. */
const SAMPLES_EVERY_MS = 250;
/** Between any two rounds: what happens in one moment comes in one piece. */
const ANY_EVERY_MS = 40;
/** So that whoever looks can tell a quiet service from one that is gone. */
const ALIVE_EVERY_MS = 10_000;
/** Migrations in one piece: of a reader that does not read so much is kept. */
const PIECE = 50;

const UTF8 = new TextEncoder();
const ALIVE = UTF8.encode('event: alive\ndata: \n\n');

export class Rounds {
  private readonly live: Pick<LiveMigrations, 'all' | 'subscribe'>;
  private readonly textOf: (id: string) => string;
  private readonly readers = new Set<RoundsReader>();
  private readonly news = new Set<string>();
  private readonly moved = new Set<string>();
  private lastMs = Number.NEGATIVE_INFINITY;
  private lastSamplesMs = Number.NEGATIVE_INFINITY;
  private timer: { readonly handle: NodeJS.Timeout; readonly dueMs: number } | undefined;
  private alive: NodeJS.Timeout | undefined;

  /** @param textOf how a migration is told now, as server-sent events */
  constructor(live: Pick<LiveMigrations, 'all' | 'subscribe'>, textOf: (id: string) => string) {
    this.live = live;
    this.textOf = textOf;
    live.subscribe((id, isNews) => {
      if (this.readers.size === 0) return;
      (isNews ? this.news : this.moved).add(id);
      this.schedule();
    });
  }

  /** Hears first of all that there are, and then that the service is there. Whoever has it must end it. */
  read(): RoundsReader {
    const all = this.live.all().map(({ view }) => view.id);
    const reader = new RoundsReader(all, this.textOf, () => {
      this.readers.delete(reader);
      if (this.readers.size === 0) this.rest();
    });
    this.readers.add(reader);
    this.alive ??= setInterval(() => {
      for (const each of this.readers) each.take(undefined, ALIVE);
    }, ALIVE_EVERY_MS).unref();
    return reader;
  }

  private schedule(): void {
    const anyMs = this.lastMs + ANY_EVERY_MS;
    const dueMs = this.news.size > 0 ? anyMs : Math.max(anyMs, this.lastSamplesMs + SAMPLES_EVERY_MS);
    if (this.timer && this.timer.dueMs <= dueMs) return;
    clearTimeout(this.timer?.handle);
    const handle = setTimeout(() => this.tell(), Math.max(0, Math.ceil(dueMs - performance.now()))).unref();
    this.timer = { handle, dueMs };
  }

  private tell(): void {
    this.timer = undefined;
    const nowMs = performance.now();
    const withSamples = this.lastSamplesMs + SAMPLES_EVERY_MS <= nowMs;
    const ids = [...new Set(withSamples ? [...this.news, ...this.moved] : this.news)];
    this.lastMs = nowMs;
    if (withSamples) this.lastSamplesMs = nowMs;
    this.news.clear();
    for (const id of ids) this.moved.delete(id);
    const bytes = UTF8.encode(ids.map(this.textOf).join(''));
    for (const reader of this.readers) reader.take(ids, bytes);
    if (this.moved.size > 0) this.schedule();
  }

  private rest(): void {
    clearTimeout(this.timer?.handle);
    clearInterval(this.alive);
    this.timer = undefined;
    this.alive = undefined;
    this.news.clear();
    this.moved.clear();
  }
}

export class RoundsReader {
  private readonly textOf: (id: string) => string;
  private readonly ended: () => void;
  /** What it has to hear of: not empty only while it does not wait. */
  private readonly behind: Set<string>;
  private waiting: ((bytes: Uint8Array | undefined) => void) | undefined;
  private isEnded = false;
  private knowsAll = false;

  constructor(all: readonly string[], textOf: (id: string) => string, ended: () => void) {
    this.behind = new Set(all);
    this.textOf = textOf;
    this.ended = ended;
  }

  /** What it is to be told next; undefined once it has ended. Ask again when that is written. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.isEnded) return undefined;
    if (this.behind.size === 0 && !this.knowsAll) {
      this.knowsAll = true;
      return ALIVE;
    }
    if (this.behind.size === 0)
      return await new Promise((resolve) => {
        this.waiting = resolve;
      });
    const ids = [...this.behind].slice(0, PIECE);
    for (const id of ids) this.behind.delete(id);
    return UTF8.encode(ids.map(this.textOf).join(''));
  }

  /** @param ids undefined: of none, and who does not wait need not hear it */
  take(ids: readonly string[] | undefined, bytes: Uint8Array): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting) waiting(bytes);
    else for (const id of ids ?? []) this.behind.add(id);
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.ended();
    this.waiting?.(undefined);
  }
}
