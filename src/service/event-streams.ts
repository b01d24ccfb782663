/** Server-sent events. A reader that is slow is told the newest when it comes to it: nothing is queued for it. */
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { Changes } from './changes.ts';
import type { Migrations } from './migrations.ts';

/** So that whoever looks can tell a quiet service from one that is gone. */
const ALIVE_EVERY_MS = 10_000;
/** Events in one piece: pieces, more than bytes, are what many readers cost; of one that does not read one piece is kept. */
const PIECE = 50;

/** The migrations that go on, and each one that changes. */
export function streamMigrations(c: Context, migrations: Migrations): Response {
  return streamSSE(c, async (stream) => {
    const changes = new Changes(migrations.live);
    stream.onAbort(() => changes.end());
    const told = (id: string) => {
      const live = migrations.live.get(id);
      // Neither text has a line break.
      return live
        ? `event: migration\ndata: ${migrations.summaryTextOf(live)}\n\n`
        : `event: gone\ndata: ${JSON.stringify({ id })}\n\n`;
    };
    const tell = async (ids: readonly string[]) => {
      for (let at = 0; at < ids.length && !stream.aborted; at += PIECE)
        await stream.write(
          ids
            .slice(at, at + PIECE)
            .map(told)
            .join(''),
        );
    };
    try {
      await tell(migrations.live.all().map(({ view }) => view.id));
      await stream.writeSSE({ event: 'alive', data: '' });
      while (!stream.aborted && !stream.closed) {
        const changed = await changes.next(ALIVE_EVERY_MS);
        if (changed === undefined) return;
        await tell([...changed]);
        if (changed.size === 0) await stream.writeSSE({ event: 'alive', data: '' });
      }
    } finally {
      changes.end();
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
