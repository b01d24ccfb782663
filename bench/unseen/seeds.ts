/** Which seeds of unseen guests: see `guest.ts`. */

const FIRST_JUDGING_SEED = 1000;

export interface Seeds {
  readonly from: number;
  /** The last one of them. */
  readonly to: number;
}

/** What nothing was tuned on. */
export const JUDGING: Seeds = { from: FIRST_JUDGING_SEED, to: FIRST_JUDGING_SEED + 999 };

/**
 * From here on guests are drawn of two kinds more: some allocate, write and free their memory over and over, and the
 * pages of some are compressed on their way, from text to random bytes. 2000 to 2999 are for tuning, 3000 and above for
 * judging only. Seeds below tell the guests that they always told.
 */
export const FURTHER_KINDS_FROM = 2000;

/** @param text `A..B`, or `A` @returns null where it is neither, or ends before it begins */
export function parseSeeds(text: string): Seeds | null {
  const [, from, to = from] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text) ?? [];
  if (from === undefined || Number(to) < Number(from)) return null;
  return { from: Number(from), to: Number(to) };
}
