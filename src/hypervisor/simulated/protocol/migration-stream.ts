/**
 * What joins two simulated QEMUs while one migrates to the other: the bytes one way, the destination's last word (the
 * return path) the other way, and the ways in which it breaks. A link that is cut carries nothing and tells nobody; a
 * stream that is shut down or reset is noticed.
 */
import type { Clock } from '../../clock.ts';

/** What the source's end hears. */
export interface StreamSource {
  /** The destination has loaded everything (MIG_RP_MSG_SHUT). */
  arrived(): void;
  /** The destination runs the guest, or holds it, and its memory is to follow. */
  switched(): void;
  broke(error: string): void;
  /** The link carries again, or carries no more. */
  linkChanged(): void;
}

/** What the destination's end hears. */
export interface StreamDestination {
  /** Everything is there. @param running as the source's guest was when it stopped */
  received(running: boolean): void;
  switchToPostCopy(): void;
  broke(): void;
}

const LATENCY_MS = 0.1;
/** From a process that ends, or a socket that is shut down, to the other end's notice. */
const NOTICE_MS = 1;

export class MigrationStream {
  private readonly clock: Clock;
  private readonly source: StreamSource;
  private readonly destination: StreamDestination;
  private held: (() => void)[] = [];
  private cut = false;
  private closed = false;

  constructor(clock: Clock, source: StreamSource, destination: StreamDestination) {
    this.clock = clock;
    this.source = source;
    this.destination = destination;
  }

  get carries(): boolean {
    return !this.cut && !this.closed;
  }

  toDestination(message: 'switch-to-post-copy' | { readonly all: { readonly running: boolean } }): void {
    this.carry(() => {
      if (message === 'switch-to-post-copy') this.destination.switchToPostCopy();
      else this.destination.received(message.all.running);
    }, LATENCY_MS);
  }

  toSource(word: 'arrived' | 'switched'): void {
    this.carry(() => {
      if (!this.closed) this.source[word]();
    }, LATENCY_MS);
  }

  /** The source's end is shut down: what was written still arrives. */
  closedBySource(): void {
    if (this.closed) return;
    this.closed = true;
    this.carry(() => this.destination.broke(), NOTICE_MS);
  }

  closedByDestination(): void {
    if (this.closed) return;
    this.closed = true;
    this.carry(() => this.source.broke('Unable to write to socket: Connection reset by peer'), NOTICE_MS);
  }

  /** Another one over the same link. */
  renewed(): MigrationStream {
    const next = new MigrationStream(this.clock, this.source, this.destination);
    next.cut = this.cut;
    return next;
  }

  cutLink(): void {
    this.cut = true;
    this.source.linkChanged();
  }

  linkBack(): void {
    if (!this.cut) return;
    this.cut = false;
    for (const doing of this.held.splice(0)) doing();
    this.source.linkChanged();
  }

  reset(): void {
    if (this.closed) return;
    this.closed = true;
    this.source.broke('Unable to write to socket: Connection reset by peer');
    this.destination.broke();
  }

  private carry(doing: () => void, afterMs: number): void {
    this.clock.after(afterMs, () => {
      if (this.cut) this.held.push(doing);
      else doing();
    });
  }
}
