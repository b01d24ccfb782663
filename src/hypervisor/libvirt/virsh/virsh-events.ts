/**
 * The events of a host's domains, from one long-lived `virsh event`. When it ends (libvirtd was restarted, the
 * link was lost, somebody killed it) another is started until {@link close}; what happened in between is lost,
 * so a listener must also look for himself from time to time, and is told of each new beginning.
 *
 * Each virsh has a life of an hour, so that ours ends by itself where we were killed. Its successor is started
 * before: both are listened to until the successor has subscribed for certain, so that no event is lost or told twice.
 */
import { REAL_CLOCK } from '../../clock.ts';
import type { DomainEvent } from './event-lines.ts';
import { type EventSource, EventStream, type StreamListener } from './event-stream.ts';
import { type Clocks, EventTime, REAL_CLOCKS } from './event-time.ts';
import { virsh } from './virsh.ts';

const AGAIN_AFTER_MS = [100, 250, 500, 1000, 2000, 5000];
/** virsh tells nothing when it has subscribed. One that has had twice the time of a mere connection, and this, has. */
const SUBSCRIBED_AFTER_MS = 400;
const LIFE_SECONDS = 3600;
/** How long before its end its successor is started. */
const RENEWED_BEFORE_SECONDS = 60;

/** An event with the time of performance.now() at which virsh printed it. */
export type TimedEvent = DomainEvent & { readonly atMs: number };

export interface EventListener {
  event(event: TimedEvent): void;
  /** Subscribed, for the first time or again: events may have been missed until now. */
  subscribed?(): void;
  /** @param reason what virsh said */
  lost?(reason: string): void;
}

/** By what events are reached, and time, so that both can be simulated. */
export interface EventWays {
  /** @throws {Error} why the host cannot be reached */
  connect(uri: string): Promise<unknown>;
  open(uri: string, lifeSeconds: number, listener: StreamListener): EventSource;
  readonly clocks: Clocks;
  /** @returns the function that prevents it */
  after(ms: number, callback: () => void): () => void;
}

const REAL_EVENT_WAYS: EventWays = {
  connect: async (uri) => await virsh(uri, ['uri']),
  open: (uri, lifeSeconds, listener) => new EventStream(uri, lifeSeconds, listener),
  clocks: REAL_CLOCKS,
  after: REAL_CLOCK.after,
};

export interface VirshEventsOptions {
  readonly ways?: EventWays;
  readonly clocks?: Clocks;
  readonly lifeSeconds?: number;
  readonly renewedBeforeSeconds?: number;
}

export class VirshEvents {
  readonly uri: string;
  private readonly listener: EventListener;
  private readonly ways: EventWays;
  private readonly time: EventTime;
  private readonly lifeSeconds: number;
  private readonly renewedBeforeSeconds: number;
  private stream: EventSource | undefined;
  /** Started and not yet listened to alone. */
  private successor: EventSource | undefined;
  private failures = 0;
  private closed = false;
  private stopAgain: () => void = () => {};
  private stopSubscribed: () => void = () => {};
  private stopRenew: () => void = () => {};

  constructor(
    uri: string,
    listener: EventListener,
    {
      ways = REAL_EVENT_WAYS,
      clocks = ways.clocks,
      lifeSeconds = LIFE_SECONDS,
      renewedBeforeSeconds = RENEWED_BEFORE_SECONDS,
    }: VirshEventsOptions = {},
  ) {
    this.uri = uri;
    this.listener = listener;
    this.ways = ways;
    this.time = new EventTime(clocks);
    this.lifeSeconds = lifeSeconds;
    this.renewedBeforeSeconds = renewedBeforeSeconds;
    this.start();
  }

  close(): void {
    this.closed = true;
    this.stopAgain();
    this.letGo();
  }

  /** A host that cannot be reached may take seconds to tell so, hence a connection of its own comes first. */
  private start(): void {
    this.connected().then(
      (connectMs) => this.closed || this.subscribe(connectMs),
      (error: Error) => this.tryAgain(error.message),
    );
  }

  /** @returns how long it took */
  private async connected(): Promise<number> {
    const { clocks, connect } = this.ways;
    const askedMs = clocks.now();
    await connect(this.uri);
    return clocks.now() - askedMs;
  }

  private subscribe(connectMs: number): void {
    const stream = this.open((event) => this.tell(event));
    this.stream = stream;
    this.stopSubscribed = this.ways.after(subscribedAfterMs(connectMs), () => {
      this.failures = 0;
      this.listener.subscribed?.();
    });
    this.renewLater();
  }

  private open(tell: (event: DomainEvent) => void): EventSource {
    const stream: EventSource = this.ways.open(this.uri, this.lifeSeconds, {
      event: tell,
      ended: (reason) => this.ended(stream, reason),
    });
    return stream;
  }

  private renewLater(): void {
    const afterMs = (this.lifeSeconds - this.renewedBeforeSeconds) * 1000;
    this.stopRenew = this.ways.after(afterMs, () => void this.renew());
  }

  /** A successor that does not come to live leaves the present one as it is; its end is told like any other. */
  private async renew(): Promise<void> {
    const present = this.stream;
    let connectMs: number;
    try {
      connectMs = await this.connected();
    } catch {
      return;
    }
    if (this.closed || !present || this.stream !== present) return;
    const waiting: DomainEvent[] = [];
    let take: (event: DomainEvent) => unknown = (event) => waiting.push(event);
    present.remember();
    const successor = this.open((event) => take(event));
    this.successor = successor;
    this.stopSubscribed = this.ways.after(subscribedAfterMs(connectMs), () => {
      if (this.successor !== successor || this.stream !== present) return;
      this.successor = undefined;
      this.stream = successor;
      present.close();
      // What the old one told last may come from the new one only now.
      take = (event) => present.hasTold(event) || this.tell(event);
      for (const event of waiting) take(event);
      this.renewLater();
    });
  }

  private tell(event: DomainEvent): void {
    this.listener.event({ ...event, atMs: this.time.of(event.stampMs) });
  }

  private ended(stream: EventSource, reason: string): void {
    if (this.closed) return;
    if (this.successor === stream) {
      this.successor = undefined;
      return;
    }
    if (this.stream !== stream) return;
    this.letGo();
    this.tryAgain(reason);
  }

  private letGo(): void {
    this.stopSubscribed();
    this.stopRenew();
    this.stream?.close();
    this.successor?.close();
    this.stream = undefined;
    this.successor = undefined;
  }

  private tryAgain(reason: string): void {
    if (this.closed) return;
    this.listener.lost?.(reason);
    const waitMs = AGAIN_AFTER_MS[Math.min(this.failures, AGAIN_AFTER_MS.length - 1)] ?? 0;
    this.failures += 1;
    this.stopAgain = this.ways.after(waitMs, () => this.start());
  }
}

function subscribedAfterMs(connectMs: number): number {
  return Math.max(SUBSCRIBED_AFTER_MS, 2 * connectMs);
}
