/**
 * Server-sent events. A reader that is slow is told the newest when it comes to it: nothing is queued for it. One that reads nothing at all
 * is let go of after {@link READ_WITHIN_MS}, and with it what it has not read: one event, and what the system keeps for a socket.
 */
import type { Context } from 'hono';
import { type SSEMessage, type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { LiveMigrations } from './live-migrations.ts';
import type { Migrations } from './migrations.ts';
import { arrivalOf } from './route-parts.ts';

/** So that whoever looks can tell a quiet service from one that is gone. */
const ALIVE_EVERY_MS = 10_000;
const ALIVE: SSEMessage = { event: 'alive', data: '' };
/** Of one migration to one reader. */
const TOLD_EVERY_MS = 250;
const READ_WITHIN_MS = 30_000;

/** The migrations that go on, and each one that changes. */
export function streamMigrations(
  c: Context,
  migrations: Migrations,
  { readWithinMs = READ_WITHIN_MS, toldEveryMs = TOLD_EVERY_MS } = {},
): Response {
  return streamSSE(c, async (stream) => {
    const reader = new Reader(stream, c, readWithinMs);
    const changes = new Changes(migrations.live);
    stream.onAbort(() => changes.end());
    const tell = async (id: string) => {
      const live = migrations.live.get(id);
      if (live) await reader.tell({ event: 'migration', data: JSON.stringify(migrations.summaryOf(live)) });
      else await reader.tell({ event: 'gone', data: JSON.stringify({ id }) });
    };
    try {
      for (const { view } of migrations.live.all()) await tell(view.id);
      await reader.tell(ALIVE);
      while (!reader.hasGone) {
        const changed = await changes.next(ALIVE_EVERY_MS);
        if (changed === undefined) return;
        for (const id of changed) await tell(id);
        if (changed.size === 0) await reader.tell(ALIVE);
        await changes.pause(toldEveryMs);
      }
    } finally {
      changes.end();
    }
  });
}

/** One migration's journal, from an entry on. */
export function streamEntries(c: Context, migrations: Migrations, id: string, fromSeq: number): Response {
  return streamSSE(c, async (stream) => {
    const reader = new Reader(stream, c, READ_WITHIN_MS);
    const alive = setInterval(() => reader.tellIfIdle(ALIVE), ALIVE_EVERY_MS);
    try {
      for await (const entry of migrations.entries(id, fromSeq)) {
        if (reader.hasGone) return;
        await reader.tell({ id: String(entry.seq), event: 'entry', data: JSON.stringify(entry) });
      }
      await reader.tell({ event: 'end', data: '' });
    } finally {
      clearInterval(alive);
    }
  });
}

/** Who reads a stream. Is told one thing after the other. */
class Reader {
  private readonly stream: SSEStreamingApi;
  private readonly c: Context;
  private readonly withinMs: number;
  /** Ends the wait for a reader that has not taken the last thing; undefined: it has. */
  private stopWaiting: (() => void) | undefined;

  constructor(stream: SSEStreamingApi, c: Context, withinMs: number) {
    this.stream = stream;
    this.c = c;
    this.withinMs = withinMs;
    stream.onAbort(() => this.stopWaiting?.());
  }

  get hasGone(): boolean {
    return this.stream.aborted || this.stream.closed;
  }

  /** Settles once it has room for more, or has gone. */
  async tell(message: SSEMessage): Promise<void> {
    if (this.hasGone) return;
    const timer = setTimeout(() => this.letGo(), this.withinMs);
    await new Promise<void>((resolve) => {
      this.stopWaiting = resolve;
      this.stream.writeSSE(message).then(resolve, resolve);
    });
    this.stopWaiting = undefined;
    clearTimeout(timer);
  }

  /** What only says that we live is nothing to one that has not taken the last thing. */
  tellIfIdle(message: SSEMessage): void {
    if (this.stopWaiting === undefined) void this.tell(message);
  }

  private letGo(): void {
    this.stream.abort();
    // An end in order would wait behind what it does not read.
    arrivalOf(this.c).incoming?.socket.destroy();
  }
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
