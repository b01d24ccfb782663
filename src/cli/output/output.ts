/**
 * Output that never holds a migration up. What cannot be written at once waits in a queue of bounded size; what is too
 * much is dropped, the oldest lines first, and how many is said where they are missing. A line that is rewritten in
 * place is dropped while anything waits.
 */
import type { Outlet } from './outlet.ts';

/** Of all that waits; the newest piece is kept whatever its size, as it may be the document at the end. */
const MOST_BYTES = 1_000_000;

const FLUSH_LOOK_MS = 20;

const CLEAR_LINE = '\r\x1b[K';

export interface OutputOptions {
  /** Says that lines are missing; without it that is said in the output itself. */
  readonly onMissing?: (sentence: string) => void;
  readonly mostBytes?: number;
}

export class Output {
  private readonly outlet: Outlet;
  private readonly onMissing: ((sentence: string) => void) | undefined;
  private readonly mostBytes: number;
  private readonly queue: Buffer[] = [];
  private queuedBytes = 0;
  /** The first of the queue has been written in part: it has to go on. */
  private begun = false;
  /** Lines dropped and not said yet; they are missing behind the first piece if that is begun, else before it. */
  private missing = 0;
  private waits = false;
  private gone = false;
  /** The terminal's last line is one that is rewritten. */
  private isLive = false;

  constructor(outlet: Outlet, { onMissing, mostBytes = MOST_BYTES }: OutputOptions = {}) {
    this.outlet = outlet;
    this.onMissing = onMissing;
    this.mostBytes = mostBytes;
  }

  get isTTY(): boolean {
    return this.outlet.isTTY;
  }

  get columns(): number | undefined {
    return this.outlet.columns || undefined;
  }

  /** Whole lines that matter. */
  write(lines: string): void {
    this.add(this.isLive ? CLEAR_LINE + lines : lines);
    this.isLive = false;
  }

  /** A line that stands in for the live one before it; only terminals show it, and only while they read. */
  live(line: string): void {
    if (!this.outlet.isTTY || this.queue.length > 0) return;
    this.add(CLEAR_LINE + line);
    this.isLive = true;
  }

  clearLive(): void {
    if (this.isLive) this.add(CLEAR_LINE);
    this.isLive = false;
  }

  /** @returns whether everything was written within that time, or nobody will ever read it */
  async flush(withinMs: number): Promise<boolean> {
    const untilMs = performance.now() + withinMs;
    const isDone = () => this.queue.length === 0 && this.outlet.isIdle;
    while (!isDone() && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, FLUSH_LOOK_MS));
    return isDone();
  }

  private add(text: string): void {
    if (this.gone) return;
    const bytes = Buffer.from(text);
    this.queue.push(bytes);
    this.queuedBytes += bytes.length;
    this.drain();
    this.dropOldest();
  }

  private drain(): void {
    if (this.waits) return;
    for (let first = this.queue[0]; first !== undefined; first = this.queue[0]) {
      const gap = this.missing > 0 && !this.begun ? this.missingSentence() : undefined;
      const isNote = gap !== undefined && this.onMissing === undefined;
      const bytes = isNote ? Buffer.from(`${gap}\n`) : first;
      const taken = this.outlet.take(bytes);
      if (taken === 'gone') return this.giveUp();
      if (taken > 0 && gap !== undefined) {
        this.missing = 0;
        this.onMissing?.(gap);
      }
      if (!isNote) this.advance(bytes, taken);
      else if (taken > 0 && taken < bytes.length) this.putFirst(bytes.subarray(taken));
      if (taken < bytes.length) return this.wait();
    }
  }

  private advance(first: Buffer, taken: number): void {
    this.queuedBytes -= taken;
    this.begun = taken < first.length && (this.begun || taken > 0);
    if (taken === first.length) this.queue.shift();
    else this.queue[0] = first.subarray(taken);
  }

  /** What is left of a note. */
  private putFirst(rest: Buffer): void {
    this.queue.unshift(rest);
    this.queuedBytes += rest.length;
    this.begun = true;
  }

  private wait(): void {
    this.waits = true;
    this.outlet.whenRoom(() => {
      this.waits = false;
      this.drain();
    });
  }

  private missingSentence(): string {
    const lines = this.missing === 1 ? '1 line is' : `${this.missing} lines are`;
    return `switchover: ${lines} missing here: nobody read meanwhile`;
  }

  private dropOldest(): void {
    const at = this.begun ? 1 : 0;
    while (this.queuedBytes > this.mostBytes && this.queue.length > at + 1) {
      const [dropped] = this.queue.splice(at, 1);
      if (dropped === undefined) return;
      this.queuedBytes -= dropped.length;
      this.missing += dropped.toString().split('\n').length - 1;
    }
  }

  private giveUp(): void {
    this.gone = true;
    this.queue.length = 0;
    this.queuedBytes = 0;
  }
}
