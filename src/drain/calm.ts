/**
 * Whether a VM begins to move now, or waits for a calmer moment. It is looked at again and again; what its move would be like
 * now, and what it was like at this time of earlier days, decides. It waits until a bound that was stated: then it moves as it
 * is, or is held with the pause that it needs. Pure.
 */
import { formatDuration } from '../model/units.ts';
import type { CalmLook, Reason } from './facts.ts';

/** Of a VM that waits. */
export const CALMER_MOMENT = 'calmer-moment';

/** When moves begin: as soon as there is a slot, or once the VM is calm. */
export const START_WHEN = ['now', 'calm'] as const;
export type StartWhen = (typeof START_WHEN)[number];

/** What an earlier look at it said. */
export interface CalmMoment {
  readonly atMs: number;
  /** Undefined: none within its limits was possible. */
  readonly pauseMs: number | undefined;
}

export type CalmStep =
  | { readonly do: 'go'; readonly words: string }
  | { readonly do: 'wait'; readonly againAtMs: number; readonly reason: Reason }
  | { readonly do: 'hold'; readonly reason: Reason };

export interface CalmWait {
  /** Of the VM. */
  readonly name: string;
  readonly nowMs: number;
  /** The look before this one said that it is calm. */
  readonly wasCalm: boolean;
  /** It waits no longer. */
  readonly untilMs: number;
  /** Looks at it that were made before, in any order, today's included. */
  readonly earlier: readonly CalmMoment[];
}

const SHORTEST_LULL_MS = 5000;
const LONGEST_LULL_MS = 60_000;
const SHORTEST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** So many looks until the bound, unless they would be too close or too far. */
const LOOKS = 20;

export function calmStep(look: CalmLook, wait: CalmWait): CalmStep {
  const { nowMs, untilMs } = wait;
  if (look.is === 'calm' && look.isSure && !wait.wasCalm && nowMs < untilMs) return onceMore(look, wait);
  // One that has waited since it was busy is not believed to be calm before that is sure.
  if (look.is === 'calm' && (look.isSure || nowMs >= untilMs)) return { do: 'go', words: look.words };
  if (look.is === 'unknown' && !look.passes) return { do: 'go', words: look.words };
  if (nowMs >= untilMs) return atTheBound(look);
  const best = bestToCome(wait);
  if ((look.is === 'busy' || look.is === 'calm') && best && best.pauseMs >= MUCH_CALMER * look.pauseMs)
    return {
      do: 'go',
      words: `${look.words}; on earlier days no calmer moment came in the time that is left`,
    };
  const words = look.is === 'no-pause-fits' ? look.reason.words : look.words;
  const hope = best
    ? `; on earlier days a pause of ${formatDuration(best.pauseMs)} was possible in that time`
    : '';
  return {
    do: 'wait',
    againAtMs: againAt(wait, best?.atMs),
    reason: { code: CALMER_MOMENT, words: `${words}${hope}`, remedy: beginNow(wait.name) },
  };
}

/** A probe may err, and a lull be short: it is looked at again after as long as its move would take. */
function onceMore(
  { totalMs, words }: { readonly totalMs: number; readonly words: string },
  { name, nowMs, untilMs }: CalmWait,
): CalmStep {
  const gapMs = Math.min(LONGEST_LULL_MS, Math.max(SHORTEST_LULL_MS, totalMs));
  return {
    do: 'wait',
    againAtMs: Math.min(untilMs, nowMs + gapMs),
    reason: {
      ...{ code: CALMER_MOMENT, remedy: beginNow(name) },
      words: `${words}, and it is looked at once more before it begins`,
    },
  };
}

/** What ends the wait for one VM. */
export function beginNow(name: string): string {
  return `\`switchover drain decide HOST ${name} move\` begins it now`;
}

function atTheBound(look: CalmLook): CalmStep {
  if (look.is !== 'no-pause-fits') return { do: 'go', words: `no calmer moment came: ${look.words}` };
  const { code, words, remedy } = look.reason;
  return { do: 'hold', reason: { code, words: `no calmer moment came in time, and ${words}`, remedy } };
}

function againAt({ nowMs, untilMs }: CalmWait, bestMs: number | undefined): number {
  const evenMs = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, (untilMs - nowMs) / LOOKS));
  const nextMs = Math.min(untilMs, nowMs + evenMs);
  // Not past the moment that was the calmest on earlier days.
  return bestMs === undefined || bestMs <= nowMs ? nextMs : Math.min(nextMs, bestMs);
}

const DAY_MS = 24 * 3600e3;
/** What would be shorter by less than that is not worth waiting for. */
const MUCH_CALMER = 0.8;
/** Fewer looks tell nothing of a day. */
const LEAST_LOOKS = 3;
/** They have to reach over so much of the time that is left. */
const LEAST_SPREAD = 0.5;

/**
 * The shortest pause that was possible on earlier days at those times of day that are still to come before the bound.
 * @returns undefined where too little is known, or none was
 */
export function bestToCome({
  nowMs,
  untilMs,
  earlier,
}: CalmWait): { readonly atMs: number; readonly pauseMs: number } | undefined {
  const toCome = earlier.flatMap(({ atMs, pauseMs }) => {
    // The next time that it is so late, after now; a look of the last hours is none of that time of an earlier day.
    const nextMs = atMs + DAY_MS * Math.floor((nowMs - atMs) / DAY_MS + 1);
    return nextMs <= untilMs && nextMs - atMs >= DAY_MS && atMs <= nowMs ? [{ atMs: nextMs, pauseMs }] : [];
  });
  const times = toCome.map(({ atMs }) => atMs);
  if (times.length < LEAST_LOOKS) return undefined;
  if (Math.max(...times) - Math.min(...times) < LEAST_SPREAD * Math.min(untilMs - nowMs, DAY_MS))
    return undefined;
  let best: { atMs: number; pauseMs: number } | undefined;
  for (const { atMs, pauseMs } of toCome)
    if (pauseMs !== undefined && (!best || pauseMs < best.pauseMs)) best = { atMs, pauseMs };
  return best;
}

/** Of a move that has not ended. */
export interface LeftToDo {
  /** The longest that it is expected to take, in milliseconds; undefined: not known. */
  readonly expectsMs: number | undefined;
  /** Among how many on its links it stays calm; 1: it has them alone; undefined: among as many as there may be. */
  readonly calmAmong: number | undefined;
  /** Undefined: it has not begun. */
  readonly runningMs: number | undefined;
}

/** Where nothing is known of any. */
const USUAL_MS = 5 * 60_000;

/** What a drain needs yet, in milliseconds: those that want their link alone one after the other, the others beside as many as they bear. */
export function stillNeedsMs(left: readonly LeftToDo[], atATime: number): number {
  const known = left.flatMap(({ expectsMs }) => expectsMs ?? []);
  const unknownMs = known.length === 0 ? USUAL_MS : Math.max(...known);
  let aloneMs = 0;
  let sharedMs = 0;
  let longestSharedMs = 0;
  for (const { expectsMs = unknownMs, runningMs = 0, calmAmong = atATime } of left) {
    const leftMs = Math.max(0, expectsMs - runningMs);
    if (calmAmong <= 1) aloneMs += leftMs;
    else {
      sharedMs += leftMs / Math.min(calmAmong, atATime);
      longestSharedMs = Math.max(longestSharedMs, leftMs);
    }
  }
  return aloneMs + Math.max(longestSharedMs, sharedMs);
}

export interface CalmBound {
  /** When it began to wait. */
  readonly sinceMs: number;
  /** How long it may wait; undefined: nobody said. */
  readonly withinMs: number | undefined;
  readonly deadlineMs: number | undefined;
  /** As in {@link stillNeedsMs}. */
  readonly needsMs: number;
}

/** Until when it may wait: as was stated, and never so long that the drain would miss its deadline for it. */
export function calmUntilMs({ sinceMs, withinMs, deadlineMs, needsMs }: CalmBound): number {
  const statedMs = withinMs === undefined ? Number.POSITIVE_INFINITY : sinceMs + withinMs;
  const latestMs = deadlineMs === undefined ? Number.POSITIVE_INFINITY : deadlineMs - needsMs;
  const untilMs = Math.min(statedMs, latestMs);
  // Whoever states no bound is refused before; one that is lost is no leave to wait for ever.
  return Number.isFinite(untilMs) ? untilMs : sinceMs;
}
