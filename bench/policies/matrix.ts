/** Which runs there are, in which order, which are still to do, and when they will be done. Pure. */
import { type CellKey, type CellRecord, keyOf } from './record.ts';

export interface Pairing {
  readonly guest: string;
  readonly contender: string;
  /** Its rule is the same each time: a run that failed is not repeated. */
  readonly onceIfFailed: boolean;
}

/** What a cell takes where nothing like it was measured yet. */
const GUESSED_MS = 20_000;

/**
 * Repeat by repeat, guest by guest, the contenders of a guest shuffled anew in each: a machine that gets slower or
 * faster hits all of them alike.
 * @param seed the same seed gives the same order, so that an interrupted bench goes on as it began
 */
export function cells(pairings: readonly Pairing[], repeats: number, seed: number): CellKey[] {
  const guests = [...new Set(pairings.map(({ guest }) => guest))];
  return Array.from({ length: repeats }, (_, index) => index + 1).flatMap((repeat) =>
    guests.flatMap((guest, place) => {
      const ofGuest = pairings.filter((each) => each.guest === guest);
      const random = generator(seed + 1000 * repeat + place);
      return shuffled(ofGuest, random).map(({ contender }) => ({ guest, contender, repeat }));
    }),
  );
}

/** @param done finished runs of the matrix */
export function remaining(
  all: readonly CellKey[],
  pairings: readonly Pairing[],
  done: readonly CellRecord[],
): CellKey[] {
  const finished = new Set(done.map(keyOf));
  const failed = new Set(done.filter(({ success }) => !success).map(pairOf));
  const once = new Set(pairings.filter(({ onceIfFailed }) => onceIfFailed).map(pairOf));
  return all.filter(
    (cell) => !finished.has(keyOf(cell)) && !(once.has(pairOf(cell)) && failed.has(pairOf(cell))),
  );
}

/** How long these cells will take, from the finished ones most like each, in milliseconds. */
export function estimateMs(left: readonly CellKey[], done: readonly CellRecord[]): number {
  const took = (like: (record: CellRecord) => boolean) => {
    const times = done.filter(like).map(({ tookMs }) => tookMs);
    return times.length > 0 ? times.reduce((sum, ms) => sum + ms, 0) / times.length : undefined;
  };
  return left.reduce(
    (sum, { guest, contender }) =>
      sum +
      (took((each) => each.guest === guest && each.contender === contender) ??
        took((each) => each.contender === contender) ??
        took((each) => each.guest === guest) ??
        took(() => true) ??
        GUESSED_MS),
    0,
  );
}

function pairOf({ guest, contender }: Pick<CellKey, 'guest' | 'contender'>): string {
  return `${guest}/${contender}`;
}

/** Fisher and Yates. */
function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

/** mulberry32: from 0 up to 1, the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
