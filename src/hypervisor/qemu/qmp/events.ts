/** An event from QEMU. */
export interface QmpEvent {
  /** QEMU's name: 'STOP', 'RESUME', 'MIGRATION', 'MIGRATION_PASS', 'SHUTDOWN', ... */
  readonly name: string;
  /** QEMU's data, as it came; {} for an event without data. */
  readonly data: Readonly<Record<string, unknown>>;
  /** When it happened by QEMU's wall clock: milliseconds since the epoch, microseconds as the fraction. */
  readonly timestampMs: number;
  /** When this process read it, by the client's clock: use it for durations, it cannot jump. */
  readonly receivedMs: number;
}

/**
 * The events of one subscriber, in the order of their arrival.
 *
 * Each listener has its own queue, so no reader takes an event from another. The queue is not bounded: a
 * migration emits a few events a second, and losing one would be worse than keeping it. So read a listener,
 * or close it. Leaving a `for await` does not close it, so that a later loop can go on where the first
 * stopped; `using` does.
 */
export interface QmpListener extends AsyncIterable<QmpEvent, undefined>, Disposable {
  /** The next event; `done` once the listener is closed, or the connection is and all events were read. */
  next(): Promise<IteratorResult<QmpEvent, undefined>>;
  /** Stops listening and forgets what was not read. Idempotent. */
  close(): void;
}

/** The client's side of a listener. */
export interface ListenerFeed {
  readonly listener: QmpListener;
  /** Adds an event: to a waiting reader at once, else to the queue. */
  push(event: QmpEvent): void;
  /** No event will follow: what is queued can still be read. */
  end(): void;
}

/** Makes a listener. `onClose` is called once, when its reader closes it. */
export function createListener(onClose: () => void): ListenerFeed {
  let queue: QmpEvent[] = [];
  let readers: ((result: IteratorResult<QmpEvent, undefined>) => void)[] = [];
  let ended = false;

  const end = (): void => {
    ended = true;
    for (const reader of readers) reader({ done: true, value: undefined });
    readers = [];
  };
  const close = (): void => {
    queue = [];
    if (ended) return;
    end();
    onClose();
  };
  const next = (): Promise<IteratorResult<QmpEvent, undefined>> => {
    const event = queue.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => readers.push(resolve));
  };
  const push = (event: QmpEvent): void => {
    if (ended) return;
    const reader = readers.shift();
    if (reader === undefined) queue.push(event);
    else reader({ done: false, value: event });
  };

  const listener: QmpListener = {
    next,
    close,
    [Symbol.dispose]: close,
    // No `return` method: leaving a loop must not close the listener.
    [Symbol.asyncIterator]: () => ({ next }),
  };
  return { listener, push, end };
}
