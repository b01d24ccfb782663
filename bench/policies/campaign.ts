/**
 * Runs all cells of a matrix on real guests: first the smallest fixed limit of each guest is searched for, then the
 * matrix is run repeat by repeat, then once more for those that are told the pause of that limit, and then the fixed
 * limits that would have been best in hindsight.
 */
import { Bed } from '../../lab/bed.ts';
import type { StartsWith } from '../../src/policy/policy.ts';
import { runCell } from './cell.ts';
import { isFixed } from './comparison.ts';
import { CONTENDERS, type Contender, fixedLimitArgs, isTold, type Relaxed } from './contenders.ts';
import type { BenchGuest } from './guests.ts';
import { guessFrom, LIMIT_STEP_MS, nextLimit, stepped } from './limit-search.ts';
import { cells, estimateMs, remaining } from './matrix.ts';
import { type CellKey, type CellRecord, keyOf } from './record.ts';
import { medianOf } from './rows.ts';
import { pairingsOf, type Settings } from './settings.ts';
import type { Store } from './store.ts';

/** A guest for which no limit is found within so many runs has none. */
const MOST_TRIALS = 24;
/** Stock QEMU is watched so long to guess where the search begins. */
const GUESS_MS = 12_000;
const GUESSED_BOOT_MS = 12_000;
const NO_EXTRAS: StartsWith = {};
/** For contenders that take nothing from it. */
const NOTHING_RELAXED: Relaxed = { limitMs: 0, pauseMs: 0 };

interface Wanted extends CellKey {
  readonly stage: CellRecord['stage'];
  readonly limitMs: number | null;
  readonly allowedPauseMs?: number | null;
  readonly args: readonly string[];
  readonly startsWith: StartsWith;
  readonly timeLimitMs?: number;
}

export class Campaign implements AsyncDisposable {
  private readonly settings: Settings;
  private readonly store: Store<CellRecord>;
  private records: CellRecord[];
  private bed: { readonly guest: string; readonly round: string; readonly bed: Bed } | undefined;
  private readonly bootsMs: number[] = [];
  /** What could not be run, or had to be run again, in words. */
  readonly broken: string[] = [];

  constructor(settings: Settings, store: Store<CellRecord>) {
    this.settings = settings;
    this.store = store;
    this.records = store.all();
    if (this.records.length > 0) say(`${this.records.length} runs are there already`);
  }

  /**
   * @param known what needs no search, by guest
   * @returns every run
   */
  async run(known: Readonly<Record<string, Relaxed>> = {}): Promise<readonly CellRecord[]> {
    const found = await this.relaxedOf(this.settings.confirmations, known);
    await this.runMatrix(found, (contender) => !isTold(contender));
    // Some limits that the search found have failed meanwhile, and those who are told the pause wait for one that holds.
    await this.runMatrix(await this.relaxedOf(this.settings.repeats, known), isTold);
    if (this.settings.oracle) for (const guest of this.hardGuests()) await this.lookBack(guest);
    await this[Symbol.asyncDispose]();
    return this.records;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = this.bed;
    this.bed = undefined;
    await open?.bed[Symbol.asyncDispose]();
  }

  private hardGuests(): BenchGuest[] {
    return this.settings.guests.filter((guest) => guest.class !== 'healthy');
  }

  /** Of each guest that has one. */
  private async relaxedOf(
    confirmations: number,
    known: Readonly<Record<string, Relaxed>>,
  ): Promise<Record<string, Relaxed>> {
    const relaxed = { ...known };
    for (const guest of this.hardGuests()) {
      if (known[guest.name]) continue;
      const limitMs = await this.searchLimit(guest, confirmations);
      if (limitMs !== undefined)
        relaxed[guest.name] = { limitMs, pauseMs: this.longestPause(guest, limitMs) };
    }
    return relaxed;
  }

  /** @returns undefined where none was found */
  private async searchLimit(guest: BenchGuest, confirmations: number): Promise<number | undefined> {
    const stock = await this.obtain(guest, 'search', {
      ...{ guest: guest.name, contender: 'guess', repeat: 1, stage: 'search', limitMs: null },
      ...{ args: ['--policy', 'stock'], startsWith: NO_EXTRAS, timeLimitMs: GUESS_MS },
    });
    if (!stock) return undefined;
    const guessMs = guessFrom(stock.boundaries);
    for (let trial = 0; trial < MOST_TRIALS; trial += 1) {
      const next = nextLimit(this.trials(guest), guessMs, confirmations);
      if (next.settled) return next.limitMs;
      say(`${guest.name}: does stock QEMU arrive with a limit of ${next.limitMs} ms?`);
      if (!(await this.tryLimit(guest, next.limitMs, 'search'))) return undefined;
    }
    this.broken.push(`${guest.name}: no fixed limit was found in ${MOST_TRIALS} runs`);
    return undefined;
  }

  private longestPause(guest: BenchGuest, limitMs: number): number {
    const pauses = this.trials(guest).filter((each) => each.limitMs === limitMs);
    return stepped(Math.max(limitMs, ...pauses.map(({ pauseMs }) => pauseMs ?? 0)));
  }

  private async tryLimit(guest: BenchGuest, limitMs: number, stage: 'search' | 'oracle') {
    const contender = `limit-${limitMs}`;
    const before = this.records.filter((each) => each.guest === guest.name && each.contender === contender);
    return await this.obtain(guest, stage, {
      ...{ guest: guest.name, contender, repeat: before.length + 1, stage, limitMs },
      ...{ args: fixedLimitArgs(limitMs), startsWith: NO_EXTRAS },
    });
  }

  /** Runs of stock QEMU with one limit from the start. */
  private fixedRuns(guest: BenchGuest) {
    return this.records.flatMap(({ guest: name, contender, stage, limitMs, success, pauseMs }) =>
      name === guest.name && isFixed(contender) && limitMs !== null
        ? [{ stage, limitMs, success, pauseMs }]
        : [],
    );
  }

  /** Of those, what the smallest limit is found by: one that was only tried in hindsight moves it no more. */
  private trials(guest: BenchGuest) {
    return this.fixedRuns(guest).filter(({ stage }) => stage !== 'oracle');
  }

  private async runMatrix(
    relaxed: Readonly<Record<string, Relaxed>>,
    wanted: (contender: Contender) => boolean,
  ): Promise<void> {
    const pairings = pairingsOf(this.settings, relaxed);
    const all = cells(pairings, this.settings.repeats, this.settings.seed);
    const skipped = new Set<string>();
    for (;;) {
      const done = this.records.filter(({ stage }) => stage === 'matrix');
      const left = remaining(all, pairings, done).filter((cell) => !skipped.has(keyOf(cell)));
      const cell = left.find((each) => wanted(findContender(each)));
      if (!cell) return;
      const guest = this.settings.guests.find(({ name }) => name === cell.guest);
      if (!guest) throw new Error(`${keyOf(cell)} is of no guest`);
      const contender = findContender(cell);
      this.tellProgress(cell, all.length - left.length, left, done);
      const fixed = contender.id === 'relaxed';
      const known = relaxed[guest.name] ?? NOTHING_RELAXED;
      const needed = fixed ? this.raised(guest, known) : known;
      const ran = await this.obtain(guest, `repeat ${cell.repeat}`, {
        ...{ ...cell, stage: 'matrix', limitMs: fixed ? needed.limitMs : null },
        allowedPauseMs: isTold(contender) ? needed.pauseMs : null,
        ...{ args: contender.args(needed), startsWith: contender.startsWith },
      });
      if (!ran) skipped.add(keyOf(cell));
    }
  }

  /** A limit that has failed after its search makes room for a longer one. */
  private raised(guest: BenchGuest, relaxed: Relaxed): Relaxed {
    const trials = this.trials(guest).filter(({ limitMs }) => limitMs >= relaxed.limitMs);
    if (trials.every(({ success }) => success)) return relaxed;
    return { ...relaxed, limitMs: nextLimit(trials, relaxed.limitMs, 1).limitMs };
  }

  /** Fixed limits that come to the pauses that our policies took. */
  private async lookBack(guest: BenchGuest): Promise<void> {
    const relaxedMs = await this.searchLimit(guest, this.settings.repeats);
    if (relaxedMs === undefined) return;
    const limits = new Set(
      ['mp', 'forecast'].flatMap((contender) => {
        const runs = this.records.filter(
          (each) => each.guest === guest.name && each.contender === contender && each.success,
        );
        const pauses = runs.flatMap(({ pauseMs }) => pauseMs ?? []);
        return pauses.length === 0
          ? []
          : [Math.floor(medianOf(pauses) / LIMIT_STEP_MS) * LIMIT_STEP_MS].filter((ms) => ms > relaxedMs);
      }),
    );
    for (const limitMs of limits)
      while (this.looksBack(guest, limitMs) < this.settings.repeats)
        if (!(await this.tryLimit(guest, limitMs, 'oracle'))) return;
  }

  private looksBack(guest: BenchGuest, limitMs: number): number {
    return this.fixedRuns(guest).filter((each) => each.limitMs === limitMs).length;
  }

  /** The run that is there already, or a new one, tried twice. @returns undefined when it could not be run */
  private async obtain(guest: BenchGuest, round: string, wanted: Wanted): Promise<CellRecord | undefined> {
    const there = this.records.find((each) => keyOf(each) === keyOf(wanted));
    if (there) return there;
    const { timeLimitMs } = this.settings;
    for (const attempt of [1, 2]) {
      try {
        const bed = await this.bedFor(guest, round);
        const ran = await runCell(bed, { timeLimitMs, allowedPauseMs: null, ...wanted });
        // Not a policy's doing, most likely: once more on fresh QEMUs, and if it fails again it is a row.
        if (ran.record.outcome === 'failed' && attempt === 1) throw new Error(ran.record.reason);
        this.store.keepJournal(keyOf(wanted), ran.journal);
        this.store.save(keyOf(wanted), ran.record);
        this.records = [...this.records, ran.record];
        say(`${keyOf(wanted)}: ${inWords(ran.record)}`);
        if (!ran.reusable) await this[Symbol.asyncDispose]();
        return ran.record;
      } catch (error) {
        const what = `${keyOf(wanted)}, attempt ${attempt}: ${(error as Error).message.trim().replaceAll(/\s*\n\s*/g, ' ')}`;
        say(what);
        this.broken.push(what);
        await this[Symbol.asyncDispose]();
      }
    }
    return undefined;
  }

  /** One boot for each guest and repeat: within it the guest goes to and fro. */
  private async bedFor(guest: BenchGuest, round: string): Promise<Bed> {
    if (this.bed?.guest === guest.name && this.bed.round === round) return this.bed.bed;
    await this[Symbol.asyncDispose]();
    const startedMs = performance.now();
    const memoryMiB = guest.memoryMiB ?? this.settings.memoryMiB;
    const bed = await Bed.make(
      guest.workload,
      { memoryMiB },
      { rateBitsPerSecond: guest.rateBitsPerSecond ?? this.settings.rateBitsPerSecond },
    );
    this.bed = { guest: guest.name, round, bed };
    this.bootsMs.push(performance.now() - startedMs);
    return bed;
  }

  private tellProgress(cell: CellKey, done: number, left: readonly CellKey[], records: CellRecord[]): void {
    const boots = new Set(left.map(({ guest, repeat }) => `${guest}/${repeat}`)).size;
    const bootMs = this.bootsMs.length > 0 ? medianOf(this.bootsMs) : GUESSED_BOOT_MS;
    const leftMs = estimateMs(left, records) + boots * bootMs;
    const end = new Date(Date.now() + leftMs).toTimeString().slice(0, 5);
    say(
      `${done + 1} of ${done + left.length}: ${keyOf(cell)}; about ${Math.ceil(leftMs / 60_000)} min left, until ${end}`,
    );
  }
}

/** @throws {Error} when there is no such contender */
function findContender(cell: CellKey): Contender {
  const contender = CONTENDERS.find(({ id }) => id === cell.contender);
  if (!contender) throw new Error(`${keyOf(cell)} is of no contender`);
  return contender;
}

function inWords(record: CellRecord): string {
  const pause = record.pauseMs === null ? '' : `, pause ${Math.round(record.pauseMs)} ms`;
  const memory = record.memoryOk ? '' : `; MEMORY: ${record.memoryReason}`;
  const took = `(${(record.tookMs / 1000).toFixed(1)} s with checks)`;
  return `${record.success ? 'arrived' : `NOT arrived (${record.outcome})`} after ${(record.totalMs / 1000).toFixed(2)} s, ${Math.round(record.sentBytes / 1e6)} MB${pause}${memory} ${took}`;
}

function say(sentence: string): void {
  process.stderr.write(`bench: ${sentence}\n`);
}
