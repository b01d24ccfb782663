/**
 * How late things are against the event of QEMU that they come from. A simulated migration tells each event when its time has
 * come: `atMs` after an instant that nobody wrote down. That instant is found again: no sample or boundary is written before
 * its event, so the earliest that any of them makes it is right, but for what the quickest of hundreds took (a timer's
 * rounding, 1 ms).
 */

export interface Entry {
  readonly seq: number;
  /** Of a boundary only. */
  readonly boundary?: { readonly pass: number };
  readonly type: string;
  /** Milliseconds since the migration began. */
  readonly atMs: number;
  /** Wall-clock time at which it was written, ISO 8601. */
  readonly time: string;
}

/** Fewer would not tell the instant at which a migration began. */
const LEAST_OBSERVATIONS = 8;

const isObservation = ({ type, atMs }: Entry) => (type === 'tick' || type === 'boundary') && atMs > 0;

/** @returns the wall-clock time of its start in milliseconds; undefined: too little is known of it */
export function beganMs(entries: readonly Entry[]): number | undefined {
  const seen = entries.filter(isObservation);
  if (seen.length < LEAST_OBSERVATIONS) return undefined;
  return Math.min(...seen.map(({ time, atMs }) => Date.parse(time) - atMs));
}

/**
 * What is decided on an observation is decided in the step that writes it, and a decision that is new is written next to it:
 * how late these were written is how late the decision was.
 */
export function decisionsLateMs(entries: readonly Entry[]): number[] {
  const began = beganMs(entries);
  if (began === undefined) return [];
  return entries
    .filter((entry) => isObservation(entry) || (entry.type === 'decision' && entry.atMs > 0))
    .map(({ time, atMs }) => Date.parse(time) - atMs - began);
}

/** What a person looks for: all but the samples, which only move a line on. */
export function isNews({ type, atMs }: Entry): boolean {
  return ['boundary', 'decision', 'state', 'guest', 'ended'].includes(type) && atMs > 0;
}

/** When a reader came to know of which revision of a migration: one more than the number of its last entry. */
export interface Told {
  readonly revision: number;
  readonly atMs: number;
}

/** @param told in the order in which they came @returns of each entry that the reader was there for */
export function toldLateMs(
  entries: readonly Entry[],
  told: readonly Told[],
  which: (entry: Entry) => boolean,
): number[] {
  const began = beganMs(entries);
  const [first] = told;
  if (began === undefined || !first) return [];
  let at = 0;
  const late: number[] = [];
  for (const entry of entries) {
    // Else it was not there yet, and was told all that had been at once.
    if (began + entry.atMs < first.atMs || !which(entry)) continue;
    while (at < told.length && (told[at]?.revision ?? 0) <= entry.seq) at += 1;
    const teller = told[at];
    if (teller) late.push(teller.atMs - began - entry.atMs);
  }
  return late;
}

/** @param shown which pass a page showed when @returns of each pass that began while it looked */
export function shownLateMs(
  entries: readonly Entry[],
  shown: readonly { readonly pass: number; readonly atMs: number }[],
): number[] {
  const began = beganMs(entries);
  const [first] = shown;
  if (began === undefined || !first) return [];
  return entries.flatMap(({ boundary, atMs }) => {
    if (!boundary || boundary.pass <= first.pass) return [];
    const seen = shown.find(({ pass }) => pass >= boundary.pass);
    return seen ? [seen.atMs - began - atMs] : [];
  });
}
