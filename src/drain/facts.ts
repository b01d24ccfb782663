/** What a drain goes by: VMs, destinations and reasons, as data. Who asks the hosts for them is above this room. */
import type { Estimate, Interval } from '../model/interval.ts';
import type { OwnWord } from './own-word.ts';

/** Why something is not done. */
export interface Reason {
  /** To act on by program. */
  readonly code: string;
  /** One sentence for a person. */
  readonly words: string;
  /** What would help, where the words do not say it already. */
  readonly remedy?: string | undefined;
}

/** One move, as it is to be expected. */
export interface MoveFigures {
  readonly totalMs: Estimate;
  readonly pauseMs: Estimate;
}

/** What a move would be like if it began now. */
export type CalmLook =
  /** Its pause is most likely one that is always fine. `isSure`: by all that is known, and not only likely. */
  | {
      readonly is: 'calm';
      readonly pauseMs: number;
      readonly totalMs: number;
      readonly isSure: boolean;
      readonly words: string;
    }
  /** It would be within its limits, by a longer pause or by what slows or risks the guest. */
  | { readonly is: 'busy'; readonly pauseMs: number; readonly totalMs: number; readonly words: string }
  | { readonly is: 'no-pause-fits'; readonly reason: Reason; readonly totalMs: number | undefined }
  /** `passes`: it may be known later. */
  | { readonly is: 'unknown'; readonly words: string; readonly passes: boolean };

export interface VmForecast {
  /** Alone on its link, then beside one other that gets as much of the link, then beside two, … */
  readonly besideOthers: readonly [MoveFigures, ...MoveFigures[]];
  /**
   * The total time alone if only that is not as expected which all moves of the drain have in common, in ms: the link, and
   * what the hosts do. It does not average out over the VMs, as the rest does.
   */
  readonly inCommonMs: Interval;
  /** The most moves on its link, itself included, with which its pause is one that is always fine; 1: it wants its link alone. */
  readonly calmAmong: number;
  /** So long before its move its guest is told, in ms, while it has its slots already; left out: it is not. */
  readonly noticeMs?: number | undefined;
}

/** A VM that runs on the host to be drained. */
export interface DrainVm {
  readonly uuid: string;
  readonly name: string;
  readonly memoryBytes: number;
  /** Groups of VMs of which no two may be on one host. */
  readonly apart: readonly string[];
  /** Its own, for the maintenance of its host. */
  readonly word: OwnWord;
  /** Those of a higher one leave before all others. */
  readonly priority: number;
  /** Why it cannot move, wherever to. */
  readonly obstacles: readonly Reason[];
  /** What a destination's pre-flight found, by the destination's name; without an entry: nothing. */
  readonly refusedBy: ReadonlyMap<string, readonly Reason[]>;
  /** Undefined: too little is known to tell. */
  readonly forecast: VmForecast | undefined;
  /** What its move would be like if it began now; left out: nobody looked. */
  readonly now?: CalmLook;
}

export interface Destination {
  readonly name: string;
  /** Destinations with the same one share it. */
  readonly link: string;
  /** What new guests could get; undefined: not known, and then it is not held against the destination. */
  readonly freeBytes: number | undefined;
  /** Of the guests that run there. */
  readonly largestVmBytes: number;
  /** Nothing new is to come there. */
  readonly cordoned: boolean;
  /** Of the guests that run there. */
  readonly apart: readonly string[];
}

/** It stops for longer than what is always fine, even alone on its link. */
export function isMemoryIntensive({ forecast }: Pick<DrainVm, 'forecast'>): boolean {
  return forecast !== undefined && forecast.calmAmong <= 1;
}

/**
 * How long it is to be expected to take, at the most, in ms, from its guest's notice on: among as many as it may have beside it.
 * Windows are asked by that.
 */
export function expectedMs({ besideOthers, calmAmong, noticeMs = 0 }: VmForecast, atATime: number): number {
  const among = Math.min(besideOthers.length, calmAmong, atATime);
  return noticeMs + (besideOthers[among - 1] ?? besideOthers[0]).totalMs.high;
}
