/** One `virsh event` a host, whoever listens: opened by the first listener and closed with the last. */
import { type EventListener, type EventWays, VirshEvents } from './virsh-events.ts';

interface Stream {
  readonly events: VirshEvents;
  readonly listeners: Set<EventListener>;
  subscribed: boolean;
}

/** What a migration needs of it, so that tests can script the events. */
export interface DomainEvents {
  /** Hears of one domain. @returns a function that ends it */
  listenTo(uri: string, domain: string, listener: EventListener): () => void;
}

export class EventHub implements DomainEvents {
  private readonly streams = new Map<string, Stream>();
  private readonly ways: EventWays | undefined;

  /** @param ways default: the real ones */
  constructor(ways?: EventWays) {
    this.ways = ways;
  }

  /** Hears of all domains of the host. @returns a function that ends it */
  listen(uri: string, listener: EventListener): () => void {
    const stream = this.streams.get(uri) ?? this.open(uri);
    stream.listeners.add(listener);
    if (stream.subscribed) queueMicrotask(() => stream.listeners.has(listener) && listener.subscribed?.());
    return () => {
      stream.listeners.delete(listener);
      if (stream.listeners.size > 0 || this.streams.get(uri) !== stream) return;
      this.streams.delete(uri);
      stream.events.close();
    };
  }

  /** Hears of one domain. */
  listenTo(uri: string, domain: string, listener: EventListener): () => void {
    return this.listen(uri, {
      subscribed: () => listener.subscribed?.(),
      lost: (reason) => listener.lost?.(reason),
      event: (event) => {
        if (event.domain === domain) listener.event(event);
      },
    });
  }

  private open(uri: string): Stream {
    const listeners = new Set<EventListener>();
    const tellAll = (tell: (listener: EventListener) => void) => {
      for (const listener of [...listeners]) tell(listener);
    };
    const events = new VirshEvents(
      uri,
      {
        event: (event) => tellAll((listener) => listener.event(event)),
        subscribed: () => {
          stream.subscribed = true;
          tellAll((listener) => listener.subscribed?.());
        },
        lost: (reason) => {
          stream.subscribed = false;
          tellAll((listener) => listener.lost?.(reason));
        },
      },
      this.ways === undefined ? {} : { ways: this.ways },
    );
    const stream: Stream = { events, listeners, subscribed: false };
    this.streams.set(uri, stream);
    return stream;
  }
}
