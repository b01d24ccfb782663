/**
 * Server-sent events. A reader that is slow is told the newest when it comes to it: nothing is queued for it. One that reads nothing at all
 * is let go of after {@link READ_WITHIN_MS}, and with it what it has not read: one event, and what the system keeps for a socket.
 */
import type { Context } from 'hono';
import { type SSEMessage, type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { Migrations } from './migrations.ts';
import { arrivalOf } from './route-parts.ts';

/** So that whoever looks can tell a quiet service from one that is gone. */
export const ALIVE_EVERY_MS = 10_000;
export const ALIVE: SSEMessage = { event: 'alive', data: '' };
export const READ_WITHIN_MS = 30_000;

/** The migrations that go on, and each one that changes. */
export function streamMigrations(
  c: Context,
  { rounds }: Pick<Migrations, 'rounds'>,
  readWithinMs = READ_WITHIN_MS,
): Response {
  return streamSSE(c, async (stream) => {
    const reader = new Reader(stream, c, readWithinMs);
    const news = rounds.read();
    stream.onAbort(() => news.end());
    try {
      while (!reader.hasGone) {
        const bytes = await news.next();
        if (bytes === undefined) return;
        await reader.tell(bytes);
      }
    } finally {
      news.end();
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
export class Reader {
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
  async tell(message: SSEMessage | Uint8Array): Promise<void> {
    if (this.hasGone) return;
    const timer = setTimeout(() => this.letGo(), this.withinMs);
    await new Promise<void>((resolve) => {
      this.stopWaiting = resolve;
      const written =
        message instanceof Uint8Array ? this.stream.write(message) : this.stream.writeSSE(message);
      Promise.resolve<unknown>(written).then(
        () => resolve(),
        () => resolve(),
      );
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
