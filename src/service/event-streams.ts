/** Server-sent events. A reader that is slow is told the newest when it comes to it: nothing is queued for it. */
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { LiveMigrations } from './live-migrations.ts';
import type { Migrations } from './migrations.ts';

/** So that whoever looks can tell a quiet service from one that is gone. */
const ALIVE_EVERY_MS = 10_000;
/** Of one migration to one reader. */
const TOLD_EVERY_MS = 250;

/** The migrations that go on, and each one that changes. */
export function streamMigrations(c: Context, migrations: Migrations): Response {
  return streamSSE(c, async (stream) => {
    const changes = new Changes(migrations.live);
    stream.onAbort(() => changes.end());
    const tell = async (id: string) => {
      const live = migrations.live.get(id);
      if (live)
        await stream.writeSSE({ event: 'migration', data: JSON.stringify(migrations.summaryOf(live)) });
      else await stream.writeSSE({ event: 'gone', data: JSON.stringify({ id }) });
    };
    try {
      for (const { view } of migrations.live.all()) await tell(view.id);
      await stream.writeSSE({ event: 'alive', data: '' });
      while (!stream.aborted && !stream.closed) {
        const changed = await changes.next(ALIVE_EVERY_MS);
        if (changed === undefined) return;
        for (const id of changed) await tell(id);
        if (changed.size === 0) await stream.writeSSE({ event: 'alive', data: '' });
        await changes.pause(TOLD_EVERY_MS);
      }
    } finally {
      changes.end();
    }
  });
}

/** One migration's journal, from an entry on. */
export function streamEntries(c: Context, migrations: Migrations, id: string, fromSeq: number): Response {
  return streamSSE(c, async (stream) => {
    const alive = setInterval(() => void stream.writeSSE({ event: 'alive', data: '' }), ALIVE_EVERY_MS);
    try {
      for await (const entry of migrations.entries(id, fromSeq)) {
        if (stream.aborted || stream.closed) return;
        await stream.writeSSE({ id: String(entry.seq), event: 'entry', data: JSON.stringify(entry) });
      }
      await stream.writeSSE({ event: 'end', data: '' });
    } finally {
      clearInterval(alive);
    }
  });
}

/** Which migrations changed since it was last asked. */
class Changes {
  private changed = new Set<string>();
  private wake = Promise.withResolvers<void>();
  private ended = false;
  private readonly unsubscribe: () => void;

  constructor(live: LiveMigrations) {
    this.unsubscribe = live.subscribe((id) => {
      this.changed.add(id);
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
    await this.orAfter(withinMs, this.wake.promise);
    if (this.ended) return undefined;
    const { changed } = this;
    this.changed = new Set();
    this.wake = Promise.withResolvers();
    return changed;
  }

  /** Not beyond its end. */
  async pause(ms: number): Promise<void> {
    await this.orAfter(ms, new Promise(() => {}));
  }

  private async orAfter(ms: number, first: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([first, promise]);
    clearTimeout(timer);
  }
}
