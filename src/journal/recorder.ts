/**
 * The writer of a journal, whatever it is kept in. It stamps, shows and buffers; what waits is written in the
 * background, so that no decision waits for a disk.
 *
 * Where the disk is full or does not answer, the migration goes on: one warning, then it is tried again and again.
 * The buffer is bounded (`entry-buffer.ts`), and once there is room the journal says how many entries it misses.
 *
 *     well ──▶ failing ──▶ well       a write failed; a later one did not
 *       └────▶ behind ───▶ well       the buffer was full while a write took long
 *                 └──────▶ failing
 */
import { EntryBuffer } from './entry-buffer.ts';
import { errnoWords } from './errno-words.ts';
import { type Happening, JOURNAL_SCHEMA, type JournalEntry, type Opened } from './journal-entry.ts';
import type { JournalWriter, Show } from './journal-store.ts';
import type { Outlet } from './outlet.ts';
import { SampleThinner } from './sample-thinner.ts';
import { Tail } from './tail.ts';
import { REAL_TIMERS, type Timers } from './timers.ts';
import { within } from './within.ts';

export interface RecorderOptions {
  readonly show?: Show | undefined;
  /** After a write that failed; doubled each time, up to {@link MOST_RETRY_MS}. */
  readonly retryMs?: number;
  /** How many entries may wait. */
  readonly mostWaiting?: number;
  /** How long {@link Recorder.close} tries. */
  readonly closeWithinMs?: number;
  readonly timers?: Timers;
}

const RETRY_MS = 1000;
const MOST_RETRY_MS = 10_000;
const MOST_WAITING = 2000;
const FLUSH_WITHIN_MS = 5000;
const CLOSE_WITHIN_MS = 5000;

/** What whoever comes next goes by: what stays set, and that it is over. */
const NEEDED_BY_THE_NEXT: ReadonlySet<JournalEntry['type']> = new Set(['before', 'restored', 'ended']);

export class Recorder implements JournalWriter {
  readonly id: string;
  private readonly outlet: Outlet;
  private readonly buffer: EntryBuffer;
  private readonly thinner = new SampleThinner();
  private readonly tail: Tail;
  private readonly firstRetryMs: number;
  private readonly closeWithinMs: number;
  private readonly timers: Timers;
  private show: Show | undefined;

  private life: 'open' | 'closing' | 'closed' = 'open';
  private health: 'well' | 'behind' | 'failing' = 'well';
  private seq: number;
  private lastAtMs = 0;
  private retryMs: number;
  private cancelRetry: () => void = () => {};
  /** Defined while entries are being written. */
  private draining: Promise<boolean> | undefined;
  private closing: Promise<void> | undefined;

  /** @param nextSeq the number of the next entry: those before are kept already */
  constructor(id: string, outlet: Outlet, nextSeq: number, options: RecorderOptions = {}) {
    this.id = id;
    this.outlet = outlet;
    this.seq = nextSeq;
    this.tail = new Tail(nextSeq);
    this.show = options.show;
    this.firstRetryMs = options.retryMs ?? RETRY_MS;
    this.retryMs = this.firstRetryMs;
    this.buffer = new EntryBuffer(options.mostWaiting ?? MOST_WAITING);
    this.closeWithinMs = options.closeWithinMs ?? CLOSE_WITHIN_MS;
    this.timers = options.timers ?? REAL_TIMERS;
  }

  /** Begins a journal: its first entry is safely kept when this settles. @throws {Error} the outlet's */
  static async begin(outlet: Outlet, opened: Opened, options?: RecorderOptions): Promise<Recorder> {
    const recorder = new Recorder(opened.id, outlet, 0, options);
    const entry = recorder.stamp(0, opened);
    await outlet.write([entry]);
    await outlet.sync();
    recorder.tell(entry);
    return recorder;
  }

  append(atMs: number, happening: Happening): JournalEntry {
    const entry = this.stamp(atMs, happening);
    this.tell(entry);
    if (this.life === 'closed') return entry;
    for (const kept of this.thinner.take(entry)) this.buffer.add(kept);
    if (this.health === 'well' && this.buffer.missing > 0) {
      this.health = 'behind';
      this.warn(
        `the disk is too slow for the journal ${this.outlet.place}: entries are left out of it, and will be counted`,
      );
    }
    // Else the next try does it.
    if (this.health !== 'failing') void this.drain();
    return entry;
  }

  async flush(withinMs: number = FLUSH_WITHIN_MS): Promise<boolean> {
    if (this.life !== 'open') return false;
    return (await within(withinMs, this.keepAll(), this.timers)) ?? false;
  }

  entries(fromSeq = 0): AsyncIterable<JournalEntry> {
    return this.tail.follow(fromSeq, async (seq) => {
      await this.drain();
      return await this.outlet.read(seq).catch(() => []);
    });
  }

  close(): Promise<void> {
    this.closing ??= this.end(async () => {
      if (!(await this.drain())) await this.writeLastWords();
      await this.outlet.sync().catch(() => {
        // The kernel has what it took; only the machine's end could lose it now.
      });
      await this.outlet.close();
    });
    return this.closing;
  }

  discard(): Promise<void> {
    this.closing ??= this.end(async () => {
      await this.draining;
      await this.outlet.remove();
    });
    return this.closing;
  }

  private async end(doing: () => Promise<void>): Promise<void> {
    this.life = 'closing';
    this.cancelRetry();
    await within(
      this.closeWithinMs,
      doing().catch(() => {
        // It is kept as far as the disk took it, and what became of the migration is not changed by that.
      }),
      this.timers,
    );
    this.life = 'closed';
    this.tail.end();
  }

  private stamp(atMs: number, happening: Happening): JournalEntry {
    const stamped = {
      schema: JOURNAL_SCHEMA,
      seq: this.seq,
      time: new Date().toISOString(),
      atMs: Math.round(atMs * 1000) / 1000,
      ...happening,
    };
    this.seq += 1;
    this.lastAtMs = atMs;
    return stamped;
  }

  private tell(entry: JournalEntry): void {
    this.tail.add(entry);
    try {
      this.show?.(entry, this.id);
    } catch (error) {
      this.show = undefined;
      this.warn(`showing the journal failed, so it is not shown any more: ${String(error)}`);
    }
  }

  private warn(message: string): void {
    this.append(this.lastAtMs, { type: 'warning', message });
  }

  private async keepAll(): Promise<boolean> {
    if (!(await this.drain())) return false;
    try {
      await this.outlet.sync();
      return true;
    } catch (cause) {
      this.fail(cause);
      return false;
    }
  }

  /** Writes what waits. Never rejects. @returns whether all of it was written */
  private drain(): Promise<boolean> {
    if (this.draining === undefined && this.buffer.length === 0) return Promise.resolve(true);
    this.draining ??= this.writeAll();
    return this.draining;
  }

  private async writeAll(): Promise<boolean> {
    try {
      while (this.buffer.length > 0) {
        const batch = this.buffer.takeAll();
        try {
          await this.outlet.write(batch);
        } catch (cause) {
          this.buffer.giveBack(batch);
          this.fail(cause);
          return false;
        }
        if (this.health !== 'well' && this.buffer.hasRoom) this.recover();
      }
      return true;
    } finally {
      // In the same step as the last look at the buffer: what is appended next begins anew.
      this.draining = undefined;
    }
  }

  private fail(cause: unknown): void {
    const before = this.health;
    this.health = 'failing';
    if (before !== 'failing')
      this.warn(
        `the journal ${this.outlet.place} cannot be written (${errnoWords(cause)}): the migration goes on, and the journal once it can`,
      );
    if (this.life !== 'open') return;
    this.cancelRetry();
    this.cancelRetry = this.timers.inBackground(this.retryMs, () => void this.drain());
    this.retryMs = Math.min(2 * this.retryMs, MOST_RETRY_MS);
  }

  private recover(): void {
    this.health = 'well';
    this.retryMs = this.firstRetryMs;
    const { missing } = this.buffer;
    this.buffer.forgetMissing();
    this.warn(writtenAgain(missing));
  }

  /** The disk is full to the end. A few lines may still fit where a whole batch did not. */
  private async writeLastWords(): Promise<void> {
    const left = this.buffer.takeAll();
    const ended = left.filter(({ type }) => type === 'ended');
    const needed = left.filter(({ type }) => NEEDED_BY_THE_NEXT.has(type));
    const missing = this.buffer.missing + left.filter(({ type }) => type !== 'tick').length - needed.length;
    const message = `the disk did not take the whole journal; ${counted(missing)} missing`;
    const warning = this.stamp(this.lastAtMs, { type: 'warning', message });
    await this.outlet
      .write([...needed, warning])
      .catch(() => this.outlet.write(needed))
      .catch(() => this.outlet.write(ended));
  }
}

function writtenAgain(missing: number): string {
  if (missing === 0) return 'the journal is written again, and nothing is missing';
  return `the journal is written again; ${counted(missing)} missing`;
}

function counted(missing: number): string {
  return missing === 1 ? '1 entry is' : `${missing} entries are`;
}
