/**
 * Where the guest itself goes on: the beats on the consoles of both sides (`beat N`, lab/guest/line.h), read as they
 * come. A beat's number is kept in the guest's memory, so one number on both consoles means that both sides ran it.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { SIDES, type Side } from './cell.ts';

const EVERY_MS = 20;

export interface Beat {
  readonly side: Side;
  readonly number: number;
  /** Wall clock when it was read: up to {@link EVERY_MS} late on a quiet machine. */
  readonly atMs: number;
}

export class BeatReader {
  readonly beats: Beat[] = [];
  readonly #consoles: Record<Side, Console>;
  readonly #timer: NodeJS.Timeout;

  /** Beats of before are left out. */
  constructor(consolePaths: Readonly<Record<Side, string>>) {
    this.#consoles = {
      source: new Console(consolePaths.source),
      destination: new Console(consolePaths.destination),
    };
    this.#timer = setInterval(() => this.#read(), EVERY_MS);
  }

  /** @returns the sides on which beats came since, at least `count` of them */
  goesOnSince(atMs: number, count: number): Side[] {
    return SIDES.filter(
      (side) => this.beats.filter((beat) => beat.side === side && beat.atMs > atMs).length >= count,
    );
  }

  close(): void {
    clearInterval(this.#timer);
    this.#read();
  }

  #read(): void {
    const atMs = Date.now();
    for (const side of SIDES)
      for (const number of this.#consoles[side].readBeats()) this.beats.push({ side, number, atMs });
  }
}

/** A console file, read on from where it ended. */
class Console {
  readonly #path: string;
  #readBytes: number;
  #unfinished = '';

  constructor(path: string) {
    this.#path = path;
    this.#readBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  readBeats(): number[] {
    const lines = (this.#unfinished + this.#readOn()).split('\n');
    this.#unfinished = lines.pop() ?? '';
    return lines.flatMap((line) => {
      const number = /^beat (\d+)\r?$/.exec(line)?.[1];
      return number === undefined ? [] : [Number(number)];
    });
  }

  #readOn(): string {
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= this.#readBytes) return '';
    const bytes = Buffer.alloc(size - this.#readBytes);
    const file = openSync(this.#path, 'r');
    const count = readSync(file, bytes, 0, bytes.length, this.#readBytes);
    closeSync(file);
    this.#readBytes += count;
    return bytes.toString('latin1', 0, count);
  }
}

/** @returns a sentence when the beats show that both sides ran the guest; undefined when they do not */
export function twoConsoles(beats: readonly Beat[]): string | undefined {
  const numbers = (side: Side) =>
    new Set(beats.filter((beat) => beat.side === side).map(({ number }) => number));
  const [onSource, onDestination] = [numbers('source'), numbers('destination')];
  const twice = [...onSource].filter((number) => onDestination.has(number));
  if (twice.length > 0)
    return `${twice.length} beats came on both consoles (${twice[0]} to ${twice.at(-1)}): the guest ran on both sides`;
  const arrivedAt = beats.findIndex(({ side }) => side === 'destination');
  const after = arrivedAt < 0 ? [] : beats.slice(arrivedAt).filter(({ side }) => side === 'source');
  const arrivedAtMs = beats[arrivedAt]?.atMs ?? 0;
  const later = after.filter(({ atMs }) => atMs > arrivedAtMs);
  if (later.length > 0)
    return `the source's console went on for ${later.length} beats after the destination's had begun`;
  return undefined;
}

/** @returns the longest time between two beats, wherever they came: how long the guest stood still */
export function longestSilenceMs(beats: readonly Beat[]): number {
  let longestMs = 0;
  for (const [at, beat] of beats.entries())
    longestMs = Math.max(longestMs, beat.atMs - (beats[at - 1]?.atMs ?? beat.atMs));
  return longestMs;
}
