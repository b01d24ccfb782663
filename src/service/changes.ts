/**
 * Which migrations changed since one reader was last told. What happened to one (a pass ended, something was decided, it
 * stopped) is told at once; a sample, which only moves its figures on, waits for the next round. So the reader hears in time
 * what he waits for, and is not sent each of hundreds of samples a second.
 */
import type { LiveMigrations } from './live-migrations.ts';

/** Between two rounds of samples: four a second of each migration. */
const SAMPLES_EVERY_MS = 250;
/** Between any two rounds: what happens in one moment comes in one piece. */
const ANY_EVERY_MS = 20;

export class Changes {
  private readonly news = new Set<string>();
  private readonly moved = new Set<string>();
  private wake = Promise.withResolvers<void>();
  private ended = false;
  private lastMs = Number.NEGATIVE_INFINITY;
  private lastSamplesMs = Number.NEGATIVE_INFINITY;
  private readonly unsubscribe: () => void;

  constructor(live: Pick<LiveMigrations, 'subscribe'>) {
    this.unsubscribe = live.subscribe((id, isNews) => {
      (isNews ? this.news : this.moved).add(id);
      this.wake.resolve();
    });
  }

  end(): void {
    this.ended = true;
    this.unsubscribe();
    this.wake.resolve();
  }

  /** @returns none where nothing changed for that long, undefined where it has ended */
  async next(withinMs: number): Promise<ReadonlySet<string> | undefined> {
    const untilMs = performance.now() + withinMs;
    while (!this.ended) {
      const nowMs = performance.now();
      const dueMs = this.dueMs();
      if (dueMs <= nowMs) return this.take(nowMs);
      if (nowMs >= untilMs) return new Set();
      this.wake = Promise.withResolvers();
      await orAfter(Math.min(dueMs, untilMs) - nowMs, this.wake.promise);
    }
    return undefined;
  }

  /** When the next round is. */
  private dueMs(): number {
    if (this.news.size > 0) return this.lastMs + ANY_EVERY_MS;
    if (this.moved.size > 0)
      return Math.max(this.lastMs + ANY_EVERY_MS, this.lastSamplesMs + SAMPLES_EVERY_MS);
    return Number.POSITIVE_INFINITY;
  }

  private take(nowMs: number): ReadonlySet<string> {
    const withSamples = this.lastSamplesMs + SAMPLES_EVERY_MS <= nowMs;
    const taken = new Set(withSamples ? [...this.news, ...this.moved] : this.news);
    this.lastMs = nowMs;
    if (withSamples) this.lastSamplesMs = nowMs;
    this.news.clear();
    for (const id of taken) this.moved.delete(id);
    return taken;
  }
}

async function orAfter(ms: number, first: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = Number.isFinite(ms) ? setTimeout(resolve, Math.ceil(ms)) : undefined;
  await Promise.race([first, promise]);
  clearTimeout(timer);
}
