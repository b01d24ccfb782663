/**
 * The connection between two libvirtds over which a peer-to-peer migration is agreed on. Each end finds by itself that it is
 * lost: at once where the other end's kernel says so, else by its own keepalive (5 s, five of them without an answer).
 */
import type { Side } from '../../../hypervisor.ts';
import type { KillableController } from '../../../testing/killable-controller.ts';
import { LibvirtRefusal } from './host-domain.ts';

const LATENCY_MS = 0.5;
const KEEPALIVE_MS = 5000;
const KEEPALIVES = 5;

/** What carries it: it may carry nothing for a while, and then brings what was sent meanwhile. */
export class PeerLink {
  private readonly after: (ms: number, callback: () => void) => void;
  private isCut = false;
  private held: (() => void)[] = [];

  constructor(after: (ms: number, callback: () => void) => void) {
    this.after = after;
  }

  get carries(): boolean {
    return !this.isCut;
  }

  cut(): void {
    this.isCut = true;
  }

  restore(): void {
    this.isCut = false;
    for (const doing of this.held.splice(0)) this.carry(doing);
  }

  carry(doing: () => void): void {
    if (this.isCut) this.held.push(doing);
    else this.after(LATENCY_MS, doing);
  }
}

export interface PeerEnd {
  readonly process: KillableController;
  /** A call of the other end's. @throws {LibvirtRefusal} */
  serve?(call: string, argument: unknown): Promise<unknown>;
  lost(): void;
}

export class PeerConnection {
  private readonly link: PeerLink;
  private readonly ends: Readonly<Record<Side, PeerEnd>>;
  private readonly open: Record<Side, boolean> = { source: true, destination: true };
  private readonly unanswered: Record<Side, number> = { source: 0, destination: 0 };
  private readonly pending = new Set<(error: Error) => void>();

  constructor(link: PeerLink, ends: Readonly<Record<Side, PeerEnd>>) {
    this.link = link;
    this.ends = ends;
    this.keepAlive('source');
    this.keepAlive('destination');
  }

  isOpen(side: Side): boolean {
    return this.open[side];
  }

  /** From the source to the destination. @throws {LibvirtRefusal} what the other said, or that it is not heard any more */
  async call(name: string, argument: unknown): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (!this.open.source) throw gone();
    this.pending.add(reject);
    const answer = (doing: () => void): void =>
      this.send('destination', () => {
        this.pending.delete(reject);
        doing();
      });
    this.send('source', () => {
      const served = this.ends.destination.serve?.(name, argument) ?? Promise.reject(gone());
      served.then(
        (value) => answer(() => resolve(value)),
        (error: Error) => answer(() => reject(error)),
      );
    });
    return await promise;
  }

  /** This end closes it, or its process has ended; the other is told where the link carries. */
  close(side: Side): void {
    if (!this.open[side]) return;
    this.open[side] = false;
    // Of one whose process has ended nothing goes on.
    if (this.ends[side].process.isAlive) {
      if (side === 'source') for (const reject of this.pending) reject(gone());
      this.ends[side].lost();
    }
    if (side === 'source') this.pending.clear();
    this.link.carry(() => this.hears(other(side), () => this.close(other(side))));
  }

  private send(from: Side, doing: () => void): void {
    const to = other(from);
    this.link.carry(() =>
      this.hears(to, () => {
        if (!this.open[to]) return;
        this.unanswered[to] = 0;
        doing();
      }),
    );
  }

  /** Not while its process is frozen. */
  private hears(side: Side, doing: () => void): void {
    this.ends[side].process.heard(doing)();
  }

  private keepAlive(side: Side): void {
    this.ends[side].process.clock.after(KEEPALIVE_MS, () => {
      if (!this.open[side]) return;
      if (this.unanswered[side] >= KEEPALIVES) return this.close(side);
      this.unanswered[side] += 1;
      this.send(side, () => this.send(other(side), () => {}));
      this.keepAlive(side);
    });
  }
}

function other(side: Side): Side {
  return side === 'source' ? 'destination' : 'source';
}

function gone(): LibvirtRefusal {
  return new LibvirtRefusal('internal error: client socket is closed');
}
