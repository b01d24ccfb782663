/** How far a long computation is: a line rewritten in place on a terminal, a line now and then elsewhere. */
import { formatDuration } from '../../model/units.ts';

export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const LIVE_EVERY_MS = 100;
const LINE_EVERY_MS = 10_000;
/** What is over before that needs no lines. */
const FIRST_MS = 1000;
/** Threads start and warm up: before that a guess of how long it takes is no good. */
const GUESS_FROM_MS = 3000;

export class ProgressOfMany {
  private readonly what: string;
  private readonly stream: ProgressStream;
  private readonly now: () => number;
  private readonly beganMs: number;
  /** Undefined before the first time. */
  private toldMs: number | undefined;
  private live = false;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    what: string,
    stream: ProgressStream = process.stderr,
    now: () => number = () => performance.now(),
  ) {
    this.what = what;
    this.stream = stream;
    this.now = now;
    this.beganMs = now();
  }

  take(done: number, of: number): void {
    const nowMs = this.now();
    const [firstMs, everyMs] = this.stream.isTTY ? [LIVE_EVERY_MS, LIVE_EVERY_MS] : [FIRST_MS, LINE_EVERY_MS];
    if (nowMs < (this.toldMs === undefined ? this.beganMs + firstMs : this.toldMs + everyMs)) return;
    this.toldMs = nowMs;
    const line = `${this.what}: ${Math.floor((done / of) * 100)} %, ${done} of ${of}${this.left(done, of, nowMs)}`;
    if (!this.stream.isTTY) this.stream.write(`${line}\n`);
    else this.stream.write(`\r\x1b[K${line}`);
    this.live = this.stream.isTTY === true;
  }

  /** The line that was rewritten goes. */
  clear(): void {
    if (this.live) this.stream.write('\r\x1b[K');
    this.live = false;
  }

  private left(done: number, of: number, nowMs: number): string {
    const spentMs = nowMs - this.beganMs;
    if (spentMs < GUESS_FROM_MS || done === 0) return '';
    const seconds = Math.ceil(((spentMs / done) * (of - done)) / 1000);
    return `, about ${formatDuration(seconds * 1000)} left`;
  }
}
