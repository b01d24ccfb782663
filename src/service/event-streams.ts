/** Server-sent events. A reader that is slow is told the newest when it comes to it: nothing is queued for it. */
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Migrations } from './migrations.ts';

/** So that whoever looks can tell a quiet service from one that is gone. */
const ALIVE_EVERY_MS = 10_000;

/** The migrations that go on, and each one that changes. */
export function streamMigrations(c: Context, { rounds }: Migrations): Response {
  return streamSSE(c, async (stream) => {
    const reader = rounds.read();
    stream.onAbort(() => reader.end());
    try {
      while (!stream.aborted && !stream.closed) {
        const bytes = await reader.next();
        if (bytes === undefined) return;
        await stream.write(bytes);
      }
    } finally {
      reader.end();
    }
  });
}

/** One migration's journal, from an entry on. */
export function streamEntries(c: Context, migrations: Migrations, id: string, fromSeq: number): Response {
  return streamSSE(c, async (stream) => {
    // One at a time: a reader that never reads would gather them for ever.
    let isTelling = false;
    const alive = setInterval(() => {
      if (isTelling) return;
      isTelling = true;
      void stream.writeSSE({ event: 'alive', data: '' }).finally(() => {
        isTelling = false;
      });
    }, ALIVE_EVERY_MS);
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
