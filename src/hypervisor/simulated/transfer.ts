import type { LinkSection } from './link.ts';
import type { TransferRate } from './transfer-rate.ts';
import type { UnsentMemory } from './unsent-memory.ts';

/** Instants are sums of products: this much of a millisecond is their rounding. */
export const ROUNDING_MS = 1e-6;

/** What goes over the link: how much has gone, what is left, and at what rate it goes now. */
export class Transfer {
  /** All bytes on the wire so far. */
  sentBytes = 0;
  readonly unsent: UnsentMemory;
  readonly rate: TransferRate;
  /** The line rate now, and until when it holds. */
  private line: LinkSection;
  private stalledMs: number | undefined;

  constructor(unsent: UnsentMemory, rate: TransferRate) {
    this.unsent = unsent;
    this.rate = rate;
    this.line = rate.lineAt(0);
    this.stalledMs = this.line.bytesPerSecond > 0 ? undefined : 0;
  }

  /** Since when the link has carried nothing; undefined while it carries. */
  get stalledSinceMs(): number | undefined {
    return this.stalledMs;
  }

  get moves(): boolean {
    return this.stalledMs === undefined;
  }

  get nextChangeMs(): number {
    return this.line.untilMs;
  }

  changeLink(nowMs: number): void {
    this.line = this.rate.lineAt(nowMs + ROUNDING_MS);
    if (this.line.bytesPerSecond > 0) this.stalledMs = undefined;
    else this.stalledMs ??= nowMs;
  }

  /** `max-bandwidth` holds for the live passes only (migration.c: migration_completion lifts it). */
  send(durationMs: number, at: 'pass-rate' | 'line-rate'): void {
    this.sentBytes += this.unsent.send((this.bytesPerSecond(at) * durationMs) / 1000);
  }

  /** Sends what rounding left. */
  sendAll(): void {
    this.sentBytes += this.unsent.send(Number.POSITIVE_INFINITY);
  }

  /** How long `wireBytes` take if the rate stays as it is. */
  durationMs(wireBytes: number, at: 'pass-rate' | 'line-rate'): number {
    return this.moves ? (wireBytes / this.bytesPerSecond(at)) * 1000 : Number.POSITIVE_INFINITY;
  }

  private bytesPerSecond(at: 'pass-rate' | 'line-rate'): number {
    return at === 'pass-rate' ? this.rate.passRate(this.line) : this.line.bytesPerSecond;
  }
}
