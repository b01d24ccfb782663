/** When moves of a drain may begin by its windows: the one rule, by which plans, forecasts and admission go. Pure. */
import type { Opening } from './opening.ts';

/** Those of a drain's windows, one after the other. */
export interface Openings {
  /** @returns the one that lasts at that time, or the next one; undefined: none will come any more */
  at(ms: number): Opening | undefined;
}

/**
 * Whether a move may begin now. One that would not be over as the window closes waits for the next, unless it is longer than the
 * whole window: then nothing is won by waiting. `WINDOW_LETS` of the fleet says the same in SQL.
 * @param expectsMs how long it is to be expected to take, at the most; undefined: not known, and then any window is long enough
 */
export function mayBegin(
  { opensMs, closesMs }: Opening,
  expectsMs: number | undefined,
  nowMs: number,
): boolean {
  if (nowMs < opensMs || nowMs >= closesMs) return false;
  if (expectsMs === undefined) return true;
  return expectsMs <= closesMs - nowMs || expectsMs > closesMs - opensMs;
}

/** The code of the reason of whoever is left as the last one is over. */
export const NO_WINDOW = 'no-window';

/** @returns when the next one opens that has not yet, and infinity where none will */
export function nextOpensMs(openings: Openings, nowMs: number): number {
  const opening = openings.at(nowMs);
  if (!opening || opening.opensMs > nowMs) return opening?.opensMs ?? Number.POSITIVE_INFINITY;
  return openings.at(opening.closesMs)?.opensMs ?? Number.POSITIVE_INFINITY;
}

/** For showing them. */
const MOST_SHOWN = 50;

/** Those that have opened by then, the first one in any case. */
export function openingsUntil(untilMs: number, openings: Openings): readonly Opening[] {
  const found: Opening[] = [];
  let next = openings.at(0);
  while (next && found.length < MOST_SHOWN && (found.length === 0 || next.opensMs <= untilMs)) {
    found.push(next);
    next = openings.at(next.closesMs);
  }
  return found;
}
