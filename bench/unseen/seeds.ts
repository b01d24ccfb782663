/** Which seeds of unseen guests: see `guest.ts`. */

const FIRST_JUDGING_SEED = 1000;

export interface Seeds {
  readonly from: number;
  /** The last one of them. */
  readonly to: number;
}

/** What nothing was tuned on. */
export const JUDGING: Seeds = { from: FIRST_JUDGING_SEED, to: FIRST_JUDGING_SEED + 999 };

/** @param text `A..B`, or `A` @returns null where it is neither, or ends before it begins */
export function parseSeeds(text: string): Seeds | null {
  const [, from, to = from] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text) ?? [];
  if (from === undefined || Number(to) < Number(from)) return null;
  return { from: Number(from), to: Number(to) };
}
