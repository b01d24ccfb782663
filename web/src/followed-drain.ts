/** One drain as its screen shows it, told by the service whenever it stands otherwise. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { ApiError, openStream } from './client.ts';
import { getDrain } from './drain-client.ts';
import type { Drain } from './drain-types.ts';
import { LastingStream, sleep } from './stream/lasting-stream.ts';

export interface FollowedDrain {
  readonly drain: ReadonlySignal<Drain | undefined>;
  /** Why it cannot be shown. */
  readonly problem: ReadonlySignal<string | undefined>;
  /** What an act answered is shown at once. */
  take(drain: Drain): void;
  end(): void;
}

export function followDrain(id: string): FollowedDrain {
  const drain = signal<Drain | undefined>(undefined);
  const problem = signal<string | undefined>(undefined);
  const stream = new LastingStream({
    open: async (after, ending) => {
      try {
        drain.value = await getDrain(id);
        problem.value = undefined;
      } catch (error) {
        if (error instanceof ApiError) problem.value = error.message;
        if (!(error instanceof ApiError && error.refused)) throw error;
        return undefined;
      }
      return await openStream(`v1/drains/${encodeURIComponent(id)}/events`, after, ending);
    },
    take: ({ event, data }) => {
      if (event === 'drain') drain.value = JSON.parse(data) as Drain;
    },
    // The link that the page speaks of is that of its list: both lead to the same service.
    linkIs: () => {},
    now: Date.now,
    sleep,
  });
  void stream.run();
  return {
    ...{ drain, problem },
    take: (told) => {
      drain.value = told;
    },
    end: () => stream.close(),
  };
}
