/**
 * How drains go on, for whoever reads along: each that is read is looked at once for all its readers, when the database says that
 * something happened, and every second, since time alone changes what is told too.
 */
import { addAbortListener } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DrainHappening, readHappenings } from '../../fleet/drain-detail.ts';
import { CHANNEL } from '../../fleet/fleet-tables.ts';
import { Listener } from '../../postgres/listener.ts';
import { Problem } from '../problem.ts';
import type { DrainView } from './drain-document.ts';
import type { Drains } from './drains.ts';

const LOOK_EVERY_MS = 1000;
/** What happens in one moment is looked at once. */
const GATHER_MS = 150;
/** Of one look at what happened; more come with the next one. */
const MOST_HAPPENINGS = 500;

export class DrainFeeds implements AsyncDisposable {
  private readonly drains: Drains;
  private readonly feeds = new Map<string, Feed>();
  private listener: Listener | undefined;

  constructor(drains: Drains) {
    this.drains = drains;
  }

  /** From now until `gone` fires: how it stands at first, and each time that it stands otherwise. Ends once it is over. */
  async *follow(id: string, gone: AbortSignal): AsyncGenerator<DrainView, void> {
    const feed = await this.feedOf(id);
    feed.readers += 1;
    const hasGone = Promise.withResolvers<void>();
    using _listening = addAbortListener(gone, () => hasGone.resolve());
    try {
      let seen = '';
      while (!gone.aborted) {
        const { view, text, changed } = feed;
        if (view && text !== seen) {
          seen = text;
          yield view;
          if (view.final) return;
        } else await Promise.race([changed, hasGone.promise]);
      }
    } finally {
      feed.readers -= 1;
      if (feed.readers === 0) await this.letGo(feed);
    }
  }

  /** @param after the number of the last one that is known @throws {Problem} */
  async happenings(id: string, after: number): Promise<readonly DrainHappening[]> {
    return await this.drains.asked(
      async (database) => await readHappenings(database, id, after, MOST_HAPPENINGS),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const feed of this.feeds.values()) feed.end();
    this.feeds.clear();
    await this.listener?.[Symbol.asyncDispose]();
  }

  private async feedOf(id: string): Promise<Feed> {
    const before = this.feeds.get(id);
    if (before) return before;
    const feed = new Feed(id, async () => await this.drains.get(id));
    this.feeds.set(id, feed);
    this.listener ??= await this.drains.asked(
      async ({ config }) =>
        new Listener(config, CHANNEL, () => {
          for (const each of this.feeds.values()) each.wake();
        }),
    );
    void feed.run();
    return feed;
  }

  private async letGo(feed: Feed): Promise<void> {
    feed.end();
    if (this.feeds.get(feed.id) === feed) this.feeds.delete(feed.id);
    if (this.feeds.size > 0) return;
    const { listener } = this;
    this.listener = undefined;
    await listener?.[Symbol.asyncDispose]();
  }
}

class Feed {
  readonly id: string;
  readers = 0;
  view: DrainView | undefined;
  /** The same as text, by which one tells whether it is another. */
  text = '';
  private readonly look: () => Promise<DrainView>;
  private readonly ending = new AbortController();
  private waking = new AbortController();
  private change = Promise.withResolvers<void>();

  constructor(id: string, look: () => Promise<DrainView>) {
    this.id = id;
    this.look = look;
  }

  /** Settles when it stands otherwise. */
  get changed(): Promise<void> {
    return this.change.promise;
  }

  wake(): void {
    this.waking.abort();
  }

  end(): void {
    this.ending.abort();
    this.wake();
    this.change.resolve();
  }

  async run(): Promise<void> {
    while (!this.ending.signal.aborted) {
      // Before the look: what happens while it is made is not missed.
      this.waking = new AbortController();
      try {
        this.take(await this.look());
      } catch (error) {
        // A database that is away comes back; readers have what they were told.
        if (!(error instanceof Problem)) throw error;
      }
      await pause(LOOK_EVERY_MS, this.waking.signal);
      await pause(GATHER_MS, this.ending.signal);
    }
  }

  private take(view: DrainView): void {
    const text = JSON.stringify(view);
    if (text === this.text) return;
    this.view = view;
    this.text = text;
    const { resolve } = this.change;
    this.change = Promise.withResolvers<void>();
    resolve();
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
