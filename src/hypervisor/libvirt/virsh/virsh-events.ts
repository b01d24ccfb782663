/**
 * The events of a host's domains, from one long-lived `virsh event`. When it ends (libvirtd was restarted, the
 * link was lost, somebody killed it) another is started until {@link close}; what happened in between is lost,
 * so whoever listens must also look for himself from time to time, and is told of each new beginning.
 */
import type { ChildProcess } from 'node:child_process';
import { type DomainEvent, EventLines } from './event-lines.ts';
import { errorText, spawnVirsh, virsh } from './virsh.ts';

/** A job's figures come at once; nothing follows for this long: they are whole. */
const WHOLE_AFTER_MS = 20;
const AGAIN_AFTER_MS = [100, 250, 500, 1000, 2000, 5000];
/** virsh tells nothing when it has subscribed. One that has had twice the time of a mere connection, and this, has. */
const SUBSCRIBED_AFTER_MS = 400;
/** Then another is started: where we were killed, ours ends by itself, at the latest now. */
const LIFE_SECONDS = 3600;
/** Beyond this the two clocks do not agree, and ours is taken. */
const LONGEST_DELIVERY_MS = 2000;

/** An event with the time of performance.now() at which virsh printed it. */
export type TimedEvent = DomainEvent & { readonly atMs: number };

export interface EventListener {
  event(event: TimedEvent): void;
  /** Subscribed, for the first time or again: events may have been missed until now. */
  subscribed?(): void;
  /** @param reason what virsh said */
  lost?(reason: string): void;
}

export class VirshEvents {
  readonly uri: string;
  private readonly listener: EventListener;
  private child: ChildProcess | undefined;
  private lines = new EventLines();
  private rest = '';
  private stderr = '';
  private failures = 0;
  private closed = false;
  private wholeTimer: NodeJS.Timeout | undefined;
  private againTimer: NodeJS.Timeout | undefined;
  private subscribedTimer: NodeJS.Timeout | undefined;

  constructor(uri: string, listener: EventListener) {
    this.uri = uri;
    this.listener = listener;
    this.start();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.wholeTimer);
    clearTimeout(this.againTimer);
    clearTimeout(this.subscribedTimer);
    this.child?.kill('SIGKILL');
  }

  /** A host that cannot be reached may take seconds to tell so, hence a connection of its own comes first. */
  private start(): void {
    const askedMs = performance.now();
    virsh(this.uri, ['uri']).then(
      () => this.closed || this.subscribe(performance.now() - askedMs),
      (error: Error) => this.tryAgain(error.message),
    );
  }

  private subscribe(connectMs: number): void {
    const options = ['--all', '--loop', '--timestamp', `--timeout=${LIFE_SECONDS}`];
    const child = spawnVirsh(this.uri, ['event', ...options], 'ignore');
    const startedMs = performance.now();
    this.child = child;
    this.lines = new EventLines();
    this.rest = '';
    this.stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.read(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    child.on('error', (error) => this.ended(child, startedMs, error.message));
    child.on('close', () => this.ended(child, startedMs, errorText(this.stderr) || 'virsh event was ended'));
    this.subscribedTimer = setTimeout(
      () => {
        this.failures = 0;
        this.listener.subscribed?.();
      },
      Math.max(SUBSCRIBED_AFTER_MS, 2 * connectMs),
    );
  }

  private read(text: string): void {
    const receivedMs = performance.now();
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.tell(this.lines.take(line), receivedMs);
    clearTimeout(this.wholeTimer);
    this.wholeTimer = setTimeout(() => this.tell(this.lines.flush(), receivedMs), WHOLE_AFTER_MS);
  }

  private tell(events: readonly DomainEvent[], receivedMs: number): void {
    for (const event of events) {
      const printedMs = event.stampMs - performance.timeOrigin;
      const delivered = receivedMs - printedMs;
      const believable = delivered >= 0 && delivered <= LONGEST_DELIVERY_MS;
      this.listener.event({ ...event, atMs: believable ? printedMs : receivedMs });
    }
  }

  private ended(child: ChildProcess, startedMs: number, reason: string): void {
    if (this.child !== child || this.closed) return;
    this.child = undefined;
    clearTimeout(this.subscribedTimer);
    if (performance.now() - startedMs >= (LIFE_SECONDS - 1) * 1000) this.start();
    else this.tryAgain(reason);
  }

  private tryAgain(reason: string): void {
    if (this.closed) return;
    this.listener.lost?.(reason);
    const waitMs = AGAIN_AFTER_MS[Math.min(this.failures, AGAIN_AFTER_MS.length - 1)] ?? 0;
    this.failures += 1;
    this.againTimer = setTimeout(() => this.start(), waitMs);
  }
}
