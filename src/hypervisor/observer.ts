/**
 * Observes one migration for a driver: what the drivers share. It looks at the hypervisor at a pace, tells each
 * boundary once (announced by an event, or found by looking), tells silence and its own blindness, and settles the
 * end once, all in one order of time, hence a little over 300 lines. A driver translates commands and events; it tells
 * this what its events mean.
 *
 * A boundary's figures come with an answer that is later than the sync; what was sent between the two is added to
 * `remainingBytes` again, at the rate that was seen, so that it is at least what the sync found.
 */
import { type Boundary, type Counters, carriedOf } from '../model/observation.ts';
import type { Clock } from './clock.ts';
import { EventQueue } from './event-queue.ts';
import type { MigrationEnd, MigrationEvent, Side } from './hypervisor.ts';

/** What one look at the hypervisor tells. */
export interface Sample {
  /** Undefined while the hypervisor has no figures yet. `pass` is the number of syncs so far. */
  readonly figures: Omit<Counters, 'atMs'> | undefined;
  /** How much of the vCPUs' time is withheld, in per cent. */
  readonly throttlePercent: number;
}

export interface ObserverParts {
  readonly clock: Clock;
  /** The instant from which times are counted, on that clock. */
  readonly zeroMs: number;
  /** Asks the hypervisor. Rejects when it does not answer. */
  sample(): Promise<Sample>;
  /** Milliseconds from one look to the next, as things stand. */
  everyMs(): number;
  /** Whether boundaries are announced by events just now. */
  announces(): boolean;
  /** It began under these eyes: its first pass is one whose event is late, never one that we come upon in the middle. */
  readonly fromStart?: boolean;
  /** Called with each answer, before its events are told. */
  answered?(sample: Sample, atMs: number): void;
  /** Called when a look failed. */
  failed?(error: unknown): void;
  /** Called while a look is not answered, with how long it has waited. */
  unanswered?(forMs: number): void;
}

/** A loop that is later than this was frozen, or too busy to look. */
const BLIND_AFTER_MS = 1000;
/** A timer is late by less on a machine that has time for us. */
const LATE_MS = 20;
/** Events that arrive this soon after a blind time may have happened within it. */
const WAITED_MS = 200;
/** A first sync is announced before the hypervisor has figures: how long to wait before it is asked again. */
const NO_FIGURES_MS = 2;
/** A sync between two looks further apart than this is lost: what was sent between them says too little of it. */
const FOUND_WITHIN_MS = 3000;
const RATE_SPAN_MS = 100;

interface Announcement {
  readonly atMs: number;
  /** The last look before it. */
  readonly before: Counters | undefined;
}

export class Observer {
  readonly events = new EventQueue<MigrationEvent>();
  readonly ended: Promise<MigrationEnd>;
  /** Set by a stop on the source, cleared by its resumption. */
  guestStopped = false;
  destinationRan = false;

  private readonly parts: ObserverParts;
  private readonly settleEnded: (end: MigrationEnd) => void;
  private cancelTick: () => void = () => {};
  private looking = false;
  /** When the last look asked, in time awake. */
  private askedAwakeMs = 0;
  /** Nothing is looked at any more. */
  private over = false;
  /** Nothing is told any more. */
  private silent = false;
  private last: Counters | undefined;
  private rateBase: Counters | undefined;
  private rateBytesPerMs = 0;
  /** The newest pass that was announced, or found by looking. */
  private told = 0;
  private announcement: Announcement = { atMs: 0, before: undefined };
  /** That pass needs no figures any more: they were told, or say too little of it. */
  private figured = 0;
  /** What had been carried when the last one began that was told. */
  private carriedBefore = 0;
  /** The counters before a pass that no event has announced yet. */
  private unannounced: { readonly pass: number; readonly before: Counters } | undefined;
  private lastBeatMs: number;
  /** The end of the last time in which we looked at nothing for longer than we mean to, and how long that was. */
  private lag = { untilMs: Number.NEGATIVE_INFINITY, forMs: 0 };
  /** The end of the last blind time, and how long it was. */
  private blind: { readonly untilMs: number; readonly forMs: number } | undefined;

  constructor(parts: ObserverParts) {
    this.parts = parts;
    this.lastBeatMs = parts.clock.now();
    const { promise, resolve } = Promise.withResolvers<MigrationEnd>();
    this.ended = promise;
    this.settleEnded = resolve;
    // The one who makes it has to have it before its parts are asked anything.
    queueMicrotask(() => this.pace());
  }

  /** Milliseconds since the migration began. */
  now(): number {
    return this.parts.clock.now() - this.parts.zeroMs;
  }

  /** How old what is read now may be, for we looked at nothing just before; 0 where we looked as often as we mean to. */
  get mayBeOldMs(): number {
    this.beat();
    const { untilMs, forMs } = this.lag;
    return this.now() - untilMs <= WAITED_MS ? forMs : 0;
  }

  /** How long a look has waited for its answer; 0: none does. */
  get unansweredMs(): number {
    return this.looking ? this.parts.clock.awakeMs() - this.askedAwakeMs : 0;
  }

  get isOver(): boolean {
    return this.over;
  }

  get lastCounters(): Counters | undefined {
    return this.last;
  }

  /** Tells an event that has no part in the observer's own state. */
  tell(event: MigrationEvent): void {
    this.beat();
    if (!this.silent) this.events.push(event);
  }

  /** @param unseenMs how much earlier it may have happened, where it was not seen live */
  stopped(atMs: number, unseenMs?: number): void {
    this.beat();
    if (this.silent) return;
    this.guestStopped = true;
    this.events.push({ kind: 'stopped', atMs, ...this.unseen(atMs, unseenMs) });
    this.pace();
  }

  resumed(side: Side, atMs: number, unseenMs?: number): void {
    this.beat();
    if (this.silent) return;
    if (side === 'source') this.guestStopped = false;
    else this.destinationRan = true;
    this.events.push({ kind: 'resumed', atMs, side, ...this.unseen(atMs, unseenMs) });
    this.pace();
  }

  /** The guest stands still, but not for the switchover: boundaries go on. */
  held(atMs: number, by: string): void {
    if (this.over) return;
    this.guestStopped = false;
    this.events.push({ kind: 'held', atMs, by });
    this.pace();
  }

  /** An event says that this pass has begun: its figures are asked for at once. */
  announced(pass: number, atMs: number): void {
    this.beat();
    // What is announced while the guest is stopped is the switchover's own last sync.
    if (this.guestStopped || this.over || pass <= this.told) return;
    this.told = pass;
    // One that came after the sync, whose event waited for us, knows as little of it.
    const before = this.last && this.last.atMs <= atMs ? this.last : undefined;
    this.announcement = { atMs, before };
    this.unannounced = undefined;
    void this.readBoundary();
  }

  /** Looks now, unless a look is under way. */
  look(): void {
    if (!this.looking && !this.over) this.tick();
  }

  /** The pace may have changed. */
  pace(): void {
    this.cancelTick();
    if (this.silent) return;
    this.cancelTick = this.parts.clock.after(this.parts.everyMs(), () => {
      this.beat();
      if (!this.over) this.tick();
      this.pace();
    });
  }

  /**
   * Nothing more is looked at. What is told by events still counts, and so does a time in which we could not hear them.
   * Only the first call returns true.
   */
  stopLooking(): boolean {
    if (this.over) return false;
    this.over = true;
    return true;
  }

  /** The end. Only the first call counts. */
  end(end: MigrationEnd): void {
    this.stopLooking();
    this.silent = true;
    this.cancelTick();
    this.events.close();
    this.settleEnded(end);
  }

  /**
   * The figures of the newest pass that was announced by the time they come: where a pass is shorter than the way to the
   * hypervisor and back, that is never the one for which they were asked.
   */
  private async readBoundary(): Promise<void> {
    for (;;) {
      let sample: Sample;
      try {
        sample = await this.parts.sample();
      } catch {
        return; // The next look finds it.
      }
      if (this.over || this.guestStopped || this.figured >= this.told) return;
      const pass = this.told;
      const { atMs, before } = this.announcement;
      const seenAtMs = this.now();
      this.parts.answered?.(sample, seenAtMs);
      const counters = this.take(sample, seenAtMs);
      if (counters) {
        // Overtaken by the next sync, whose own event follows.
        if (counters.pass > pass) return;
        this.figured = pass;
        const atRate = this.rateBytesPerMs * Math.max(0, seenAtMs - atMs);
        // No more than since the last look before the sync, or the last one that was told, however late the answer came.
        const atMost = carriedOf(counters) - Math.max(before ? carriedOf(before) : 0, this.carriedBefore);
        const sentSince = Math.max(0, Math.round(Math.min(atRate, atMost)));
        return this.tellBoundary({
          ...boundary(counters, pass, atMs, sentSince),
          ...sentBefore(counters, sentSince, before),
          throttlePercent: sample.throttlePercent,
        });
      }
      await this.parts.clock.sleep(NO_FIGURES_MS);
    }
  }

  private tick(): void {
    if (this.looking) {
      this.events.push({ kind: 'silence', atMs: this.now() });
      this.parts.unanswered?.(this.parts.clock.awakeMs() - this.askedAwakeMs);
      return;
    }
    this.looking = true;
    this.askedAwakeMs = this.parts.clock.awakeMs();
    this.parts
      .sample()
      .then(
        (sample) => this.takeSample(sample),
        (error: unknown) => {
          if (this.over) return;
          this.events.push({ kind: 'silence', atMs: this.now() });
          this.parts.failed?.(error);
        },
      )
      .finally(() => {
        this.looking = false;
      });
  }

  private takeSample(sample: Sample): void {
    if (this.over) return;
    const atMs = this.now();
    const before = this.last;
    this.parts.answered?.(sample, atMs);
    if (this.over) return;
    const counters = this.take(sample, atMs);
    if (!counters) return this.events.push({ kind: 'preparing', atMs });
    const { throttlePercent } = sample;
    const found = this.findBoundary(before, counters);
    if (found) this.tellBoundary({ ...found, throttlePercent });
    else this.events.push({ kind: 'tick', ...counters, throttlePercent });
  }

  /**
   * A pass that no event has announced. Where events are on their way the next look is waited for: the event is the
   * better source. The sync lies somewhere between two looks, so the set that it found was at most the present rest
   * plus all that was sent between them.
   */
  private findBoundary(before: Counters | undefined, now: Counters): Boundary | undefined {
    const pending = this.unannounced?.pass === now.pass ? this.unannounced : undefined;
    this.unannounced = undefined;
    if (!before || this.guestStopped) return undefined;
    // We came upon it in the middle of this pass: what its sync found is not known.
    const came = !pending && !this.parts.fromStart && this.told === 0 && before.pass === now.pass;
    const blind = !pending && now.atMs - before.atMs > FOUND_WITHIN_MS;
    if (now.pass > this.told && (came || blind)) this.found(now.pass);
    if (now.pass <= this.told) return undefined;
    if (this.parts.announces() && !pending) {
      this.unannounced = { pass: now.pass, before };
      return undefined;
    }
    this.found(now.pass);
    return boundary(now, now.pass, now.atMs, carriedOf(now) - carriedOf(pending?.before ?? before));
  }

  private tellBoundary(event: Boundary): void {
    this.carriedBefore = carriedOf(event);
    this.events.push(event);
  }

  private found(pass: number): void {
    this.told = pass;
    this.figured = pass;
  }

  private take({ figures }: Sample, atMs: number): Counters | undefined {
    if (!figures) return undefined;
    const counters = { atMs, ...figures };
    this.last = counters;
    const base = this.rateBase ?? counters;
    if (this.rateBase === undefined) this.rateBase = counters;
    // Over less time the figure would be noise.
    if (atMs - base.atMs >= RATE_SPAN_MS) {
      this.rateBytesPerMs = Math.max(0, carriedOf(counters) - carriedOf(base)) / (atMs - base.atMs);
      this.rateBase = counters;
    }
    return counters;
  }

  /** Every event and every look passes here: a long time between two means that we were frozen or busy. */
  private beat(): void {
    const nowMs = this.parts.clock.now();
    const forMs = nowMs - this.lastBeatMs;
    this.lastBeatMs = nowMs;
    if (forMs > this.parts.everyMs() + LATE_MS) this.lag = { untilMs: this.now(), forMs };
    if (this.silent || forMs < Math.max(BLIND_AFTER_MS, 4 * this.parts.everyMs())) return;
    this.blind = { untilMs: this.now(), forMs };
    this.events.push({ kind: 'gap', atMs: this.now(), forMs });
  }

  private unseen(atMs: number, unseenMs: number | undefined): { readonly unseenMs?: number } {
    if (unseenMs !== undefined) return { unseenMs };
    const blind = this.blind && atMs - this.blind.untilMs <= WAITED_MS ? this.blind : undefined;
    return blind ? { unseenMs: blind.forMs } : {};
  }
}

/** What had been sent by an instant since which so much was carried. @param before an earlier look, for the price on the wire */
function sentBefore(
  now: Counters,
  carriedSince: number,
  before: Counters | undefined,
): Pick<Counters, 'sentBytes' | 'carriedBytes'> {
  if (now.carriedBytes === undefined) return { sentBytes: now.sentBytes - carriedSince };
  const carried = carriedOf(now) - (before ? carriedOf(before) : 0);
  const sent = now.sentBytes - (before?.sentBytes ?? 0);
  const sentSince = carried > 0 ? Math.round(carriedSince * (sent / carried)) : 0;
  return { sentBytes: now.sentBytes - sentSince, carriedBytes: now.carriedBytes - carriedSince };
}

function boundary(now: Counters, pass: number, atMs: number, sentSinceBytes: number): Boundary {
  return {
    ...now,
    kind: 'boundary',
    pass,
    atMs,
    remainingBytes: Math.min(now.totalBytes, now.remainingBytes + Math.max(0, sentSinceBytes)),
  };
}
