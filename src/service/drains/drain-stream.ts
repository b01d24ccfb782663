/** One drain as server-sent events: how it stands, and what happened to it. */
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { ALIVE, ALIVE_EVERY_MS, READ_WITHIN_MS, Reader } from '../event-streams.ts';
import type { DrainFeeds } from './drain-feed.ts';

/**
 * The id that is sent is that of the newest happening before which nothing can come any more: after a break those behind it are told
 * again, so that none is missed. Who reads tells them apart by their own numbers.
 * @param after the last id that the reader was told
 */
export function streamDrain(c: Context, feeds: DrainFeeds, id: string, after: number): Response {
  return streamSSE(c, async (stream) => {
    const reader = new Reader(stream, c, READ_WITHIN_MS);
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const alive = setInterval(() => reader.tellIfIdle(ALIVE), ALIVE_EVERY_MS);
    let settled = after;
    const told = new Set<number>();
    const tellNews = async () => {
      for (;;) {
        const happenings = await feeds.happenings(id, settled).catch(() => []);
        const news = happenings.filter((each) => !told.has(each.id));
        for (const { isSettled, atMs, ...each } of news) {
          const data = JSON.stringify({ ...each, at: new Date(atMs).toISOString() });
          await reader.tell({ id: String(settled), event: 'happened', data });
          told.add(each.id);
        }
        const last = happenings.findLast(({ isSettled }) => isSettled)?.id ?? settled;
        for (const number of told) if (number <= last) told.delete(number);
        if (last === settled || news.length === 0) return;
        settled = last;
      }
    };
    try {
      for await (const view of feeds.follow(id, gone.signal)) {
        if (reader.hasGone) return;
        await tellNews();
        await reader.tell({ event: 'drain', data: JSON.stringify(view) });
      }
      if (reader.hasGone) return;
      await tellNews();
      await reader.tell({ event: 'end', data: '' });
    } finally {
      clearInterval(alive);
      gone.abort();
    }
  });
}
