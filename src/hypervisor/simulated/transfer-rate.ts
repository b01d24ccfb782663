import type { Link, LinkSection } from './link.ts';

/** The link as a migration sees it: on the migration's own clock, and under `max-bandwidth` where that holds. */
export class TransferRate {
  private readonly link: Link;
  private readonly zeroMs: number;
  private capBytesPerSecond: number;
  /** Before it was changed last. */
  private formerCap = Number.POSITIVE_INFINITY;
  private changedMs = 0;

  /**
   * @param zeroMs when the migration began, on the link's clock
   * @param capBytesPerSecond `max-bandwidth`; undefined: none
   */
  constructor(link: Link, zeroMs: number, capBytesPerSecond: number | undefined) {
    this.link = link;
    this.zeroMs = zeroMs;
    this.capBytesPerSecond = capBytesPerSecond ?? Number.POSITIVE_INFINITY;
  }

  /** From now on. @param bytesPerSecond undefined: none */
  setCap(bytesPerSecond: number | undefined, nowMs: number): void {
    this.formerCap = this.capBytesPerSecond;
    this.changedMs = nowMs;
    this.capBytesPerSecond = bytesPerSecond ?? Number.POSITIVE_INFINITY;
  }

  get capped(): boolean {
    return Number.isFinite(this.capBytesPerSecond);
  }

  /** The line rate: what holds while the guest is stopped, and in post-copy. */
  lineAt(atMs: number): LinkSection {
    if (this.zeroMs === 0) return this.link.sectionAt(atMs);
    const { bytesPerSecond, untilMs } = this.link.sectionAt(this.zeroMs + atMs);
    return { bytesPerSecond, untilMs: untilMs - this.zeroMs };
  }

  /** The rate of the live passes at an instant of the line. */
  passRate(line: LinkSection): number {
    return Math.min(line.bytesPerSecond, this.capBytesPerSecond);
  }

  /** The mean of the live passes' rate over a window, in bytes per second. */
  meanPassRate(fromMs: number, toMs: number): number {
    let bytes = 0;
    for (let atMs = fromMs; atMs < toMs; ) {
      const line = this.lineAt(atMs);
      const isFormer = atMs < this.changedMs;
      const cap = isFormer ? this.formerCap : this.capBytesPerSecond;
      const untilMs = Math.min(toMs, line.untilMs, isFormer ? this.changedMs : Number.POSITIVE_INFINITY);
      bytes += Math.min(line.bytesPerSecond, cap) * (untilMs - atMs);
      if (untilMs <= atMs) break;
      atMs = untilMs;
    }
    return bytes / (toMs - fromMs);
  }
}
