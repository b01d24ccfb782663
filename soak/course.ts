/** What is soaked: guests that go to and fro between two hosts, one migration after the other. */

/** One migration, and everything that was found wrong with it or after it. */
export interface Hop {
  /** `loop by migrate --policy mp`, `destination/lost/later-pass`: what it was, for people. */
  readonly what: string;
  /** Sentences; none: the guest arrived (or stayed where the fault says so), alone, whole, with nothing left behind. */
  readonly problems: readonly string[];
  /** For how long the guest stood still; null: not known. */
  readonly pauseMs: number | null;
  readonly tookMs: number;
  /** Everything that was said, kept where there is a problem. */
  readonly log: string;
}

/** What a long use of switchover may leave behind, or let grow. */
export interface Footprint {
  readonly [figure: string]: number;
}

export interface Course extends AsyncDisposable {
  /** @param number from 1 @throws {Error} where the lab itself failed, which is no fault of switchover's */
  hop(number: number): Promise<Hop>;
  footprint(): Promise<Footprint>;
}

/** Figures that grow with each migration as they should, with the most of it that one may add. */
export const GROWS: Readonly<Record<string, number>> = { 'bytes of journal': 2e6, 'journal files': 4 };
/** Figures of others, which are told and not judged. */
export const OF_OTHERS = /^libvirtd/;
