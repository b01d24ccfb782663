/** One migration as its screen shows it: the summary, the plots' series and the story, kept up by its journal. */
import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { TickRecord } from './api-types.ts';
import { ApiError, getMigration, openStream } from './client.ts';
import type { JournalEntry } from './model/journal.ts';
import { NO_SERIES, type Series, withEntries, withTicks } from './model/series.ts';
import { type StoryLine, withStory } from './model/story.ts';
import { takeSummary } from './store.ts';
import { LastingStream, sleep } from './stream/lasting-stream.ts';

/** A journal of thousands of entries comes in one piece: the plots are drawn once for it. */
const GATHER_MS = 100;

export interface Followed {
  readonly series: ReadonlySignal<Series>;
  readonly story: ReadonlySignal<readonly StoryLine[]>;
  /** Why it cannot be shown. */
  readonly problem: ReadonlySignal<string | undefined>;
  end(): void;
}

export function follow(id: string): Followed {
  const folded = signal(NO_SERIES);
  const ticks = signal<readonly TickRecord[]>([]);
  const story = signal<readonly StoryLine[]>([]);
  const problem = signal<string | undefined>(undefined);
  const gathered: JournalEntry[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const fold = () => {
    timer = undefined;
    const entries = gathered.splice(0);
    batch(() => {
      folded.value = withEntries(folded.value, entries);
      story.value = withStory(story.value, entries);
    });
  };
  const stream = new LastingStream({
    open: async (after, signal) => {
      try {
        const detail = await getMigration(id);
        takeSummary(detail);
        ticks.value = detail.ticks;
      } catch (error) {
        if (!(error instanceof ApiError && error.refused)) throw error;
        problem.value = error.message;
        return undefined;
      }
      return await openStream(`v1/migrations/${encodeURIComponent(id)}/events`, after, signal);
    },
    take: ({ event, data }) => {
      if (event !== 'entry') return;
      gathered.push(JSON.parse(data) as JournalEntry);
      timer ??= setTimeout(fold, GATHER_MS);
    },
    // The link that the page speaks of is that of its list: both lead to the same service.
    linkIs: () => {},
    now: Date.now,
    sleep,
  });
  void stream.run();
  return {
    series: computed(() => withTicks(folded.value, ticks.value)),
    story,
    problem,
    end: () => {
      clearTimeout(timer);
      stream.close();
    },
  };
}
