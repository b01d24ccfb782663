/** The events of one migration as a sequence of entries, over as many connections as it takes. */
import type { JournalEntry } from './generated/api.ts';
import { LastingStream, type Link, sleep } from './lasting-stream.ts';
import { ServiceError } from './service-error.ts';
import { UnreachableError } from './unreachable.ts';

export interface FollowOptions {
  /** Ends it, without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of the connection each time that it changes. */
  readonly linkIs?: (link: Link) => void;
  /** How long a lost connection is tried again, in milliseconds. Left out: until `signal` says so. */
  readonly reconnectForMs?: number | undefined;
}

/** A service that is busy, or starts again, is asked again: what it says then holds. */
const MAY_PASS = [429, 500, 502, 503, 504];

type Open = (lastEventId: string | undefined, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;

/** @throws {ServiceError} where the service refuses @throws {UnreachableError} where it was lost for longer than that */
export async function* followEntries(open: Open, options: FollowOptions): AsyncGenerator<JournalEntry, void> {
  const { signal, linkIs, reconnectForMs = Number.POSITIVE_INFINITY } = options;
  const entries: JournalEntry[] = [];
  let wake = Promise.withResolvers<void>();
  let over = false;
  let failure: Error | undefined;
  let lastProblem: unknown;
  const stream = new LastingStream({
    open: async (lastEventId, ending) => {
      try {
        return await open(lastEventId, ending);
      } catch (error) {
        lastProblem = error;
        if (!(error instanceof ServiceError) || MAY_PASS.includes(error.status)) throw error;
        failure = error;
        return undefined;
      }
    },
    take: ({ event, data }) => {
      if (event !== 'entry') return;
      entries.push(JSON.parse(data) as JournalEntry);
      wake.resolve();
    },
    linkIs: (link) => {
      linkIs?.(link);
      if (link.state !== 'lost' || link.nextTryAtMs - link.sinceMs <= reconnectForMs) return;
      failure =
        lastProblem instanceof UnreachableError
          ? lastProblem
          : new UnreachableError('the events ended early', true);
      stream.close();
    },
    now: Date.now,
    sleep,
  });
  const close = () => stream.close();
  signal?.addEventListener('abort', close);
  if (signal?.aborted) close();
  const run = stream.run().then(() => {
    over = true;
    wake.resolve();
  });
  try {
    for (;;) {
      wake = Promise.withResolvers();
      if (over) wake.resolve();
      yield* entries.splice(0);
      if (over && entries.length === 0) break;
      if (entries.length === 0) await wake.promise;
    }
    if (failure) throw failure;
  } finally {
    signal?.removeEventListener('abort', close);
    stream.close();
    await run;
  }
}
