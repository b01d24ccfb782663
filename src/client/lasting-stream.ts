/**
 * A stream of server-sent events that comes back by itself. It reads with `fetch`, because `EventSource` sends no
 * `Authorization`. Its link is in one of these states:
 * - `connecting`: the first try is under way.
 * - `live`: events arrive; goes to `lost` when the stream breaks or nothing is heard for too long.
 * - `lost`: since when, and when the next try is; goes to `live` when one succeeds.
 * - `over`: the server ended the stream for good (`event: end`), refused it, or we closed it. Nothing follows.
 */
import { type ServerEvent, sseReader } from './sse.ts';

export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'lost'; readonly sinceMs: number; readonly nextTryAtMs: number }
  | { readonly state: 'over' };

export interface StreamParts {
  /** Opens the stream, after the event of that id where there is one. @returns undefined where it is refused for good */
  open(lastEventId: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | undefined>;
  take(event: ServerEvent): void;
  /** Is told each time that it changes. */
  linkIs(link: Link): void;
  now(): number;
  /** Resolves after that time, or early when the signal says so; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The server says that it is alive every 10 s. */
const SILENT_AFTER_MS = 25_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export class LastingStream {
  private readonly parts: StreamParts;
  private readonly closing = new AbortController();
  private waking = new AbortController();
  private lastEventId: string | undefined;
  private lostSinceMs: number | undefined;
  private failures = 0;
  private live = false;

  constructor(parts: StreamParts) {
    this.parts = parts;
  }

  /** Until it is over. Never rejects. */
  async run(): Promise<void> {
    this.parts.linkIs({ state: 'connecting' });
    while (!this.closing.signal.aborted) {
      if ((await this.once()) === 'over') break;
      if (this.closing.signal.aborted) break;
      await this.wait();
    }
    this.parts.linkIs({ state: 'over' });
  }

  /** Tries now instead of at its next turn. */
  tryNow(): void {
    this.waking.abort();
  }

  close(): void {
    this.closing.abort();
    this.waking.abort();
  }

  private async once(): Promise<'over' | 'broken'> {
    const ending = new AbortController();
    const signal = AbortSignal.any([this.closing.signal, ending.signal]);
    let silence = this.endWhenSilent(ending);
    try {
      const stream = await this.parts.open(this.lastEventId, signal);
      if (stream === undefined) return 'over';
      const read = sseReader();
      const decoder = new TextDecoder();
      for await (const chunk of chunksOf(stream)) {
        silence.abort();
        silence = this.endWhenSilent(ending);
        this.isLive();
        for (const event of read(decoder.decode(chunk, { stream: true }))) {
          if (event.id !== undefined) this.lastEventId = event.id;
          if (event.event === 'end') return 'over';
          this.parts.take(event);
        }
      }
    } catch {
      // Whatever broke it: it is tried again, and the reader is told that the connection is lost.
    } finally {
      silence.abort();
      ending.abort();
    }
    return 'broken';
  }

  private isLive(): void {
    if (this.live) return;
    this.live = true;
    this.lostSinceMs = undefined;
    this.failures = 0;
    this.parts.linkIs({ state: 'live' });
  }

  private async wait(): Promise<void> {
    const now = this.parts.now();
    this.lostSinceMs ??= now;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures);
    this.failures += 1;
    this.live = false;
    this.waking = new AbortController();
    this.parts.linkIs({ state: 'lost', sinceMs: this.lostSinceMs, nextTryAtMs: now + waitMs });
    await this.parts.sleep(waitMs, this.waking.signal);
  }

  /** A connection that is dead may never say so. @returns to be aborted once something was heard */
  private endWhenSilent(ending: AbortController): AbortController {
    const heard = new AbortController();
    void this.parts.sleep(SILENT_AFTER_MS, heard.signal).then(() => {
      if (!heard.signal.aborted) ending.abort();
    });
    return heard;
  }
}

/** Streams can be iterated in not every browser. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
