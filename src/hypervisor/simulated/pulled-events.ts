/**
 * Events that come into being only when they are asked for. Between two of them stands everything that the
 * consumer did about the first, so its effects are in place at their virtual instant before time goes on.
 */
export class PulledEvents<T extends { readonly atMs: number }> implements AsyncIterable<T> {
  /** The instant of the event last read; 0 before the first. */
  lastReadMs = 0;
  private readonly items: T[] = [];
  private closed = false;
  private readonly produce: () => void;

  /** @param produce pushes at least one item, or closes */
  constructor(produce: () => void) {
    this.produce = produce;
  }

  push(item: T): void {
    if (!this.closed) this.items.push(item);
  }

  /** Unread items are still delivered. */
  close(): void {
    this.closed = true;
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return { next: () => this.next() };
  }

  private async next(): Promise<IteratorResult<T>> {
    // Two turns: one for what the consumer left to a promise, one for what it then noted of its outcome.
    await undefined;
    await undefined;
    if (this.items.length === 0 && !this.closed) this.produce();
    const item = this.items.shift();
    if (item === undefined) return { done: true, value: undefined };
    this.lastReadMs = item.atMs;
    return { done: false, value: item };
  }
}
