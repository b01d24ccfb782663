/** The common time axis of all migrations: wall clock, with what has been left of now and what is forecast right of it. */

const WINDOWS_MS = [60e3, 120e3, 300e3, 600e3, 1800e3, 3600e3, 3 * 3600e3, 12 * 3600e3, 48 * 3600e3];
/** Labels that fit without crowding. */
const TICKS_AT_MOST = 4;
const STEPS_MS = [15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 1800e3, 3600e3, 3 * 3600e3, 12 * 3600e3];

/** At the least, so that now is never at the edge. */
const SHORTEST_AHEAD_MS = 30e3;
/** Times as long as what has been: what is forecast for later is beyond the edge. */
const LONGEST_AHEAD = 3;

export interface TimeWindow {
  readonly fromMs: number;
  readonly nowMs: number;
  readonly untilMs: number;
}

/** The shortest of a few round windows that shows the oldest from its start, and the last forecast end if that is not far. */
export function windowFor(
  startedAtMs: readonly number[],
  endsAtMs: readonly number[],
  nowMs: number,
): TimeWindow {
  const pastMs = roundUp(nowMs - Math.min(nowMs, ...startedAtMs), WINDOWS_MS);
  const aheadMs = Math.max(SHORTEST_AHEAD_MS, ...endsAtMs.map((endMs) => endMs - nowMs));
  const shownMs = Math.min(roundUp(aheadMs, [SHORTEST_AHEAD_MS, ...WINDOWS_MS]), LONGEST_AHEAD * pastMs);
  return { fromMs: nowMs - pastMs, nowMs, untilMs: nowMs + shownMs };
}

function roundUp(ms: number, steps: readonly number[]): number {
  return steps.find((each) => each >= ms) ?? ms;
}

/** Where an instant is, from 0 (left) to 1 (right). */
export function placeIn({ fromMs, untilMs }: TimeWindow, atMs: number): number {
  return Math.min(1, Math.max(0, (atMs - fromMs) / (untilMs - fromMs)));
}

/** Labels of the axis, as time before and after now, from left to right: `−5 min`, `now`, `+5 min`. */
export function axisLabels(window: TimeWindow): { readonly place: number; readonly words: string }[] {
  const { fromMs, nowMs, untilMs } = window;
  const lengthMs = untilMs - fromMs;
  const stepMs = STEPS_MS.find((each) => lengthMs / each <= TICKS_AT_MOST) ?? lengthMs;
  const labels = [];
  for (let at = -Math.floor((nowMs - fromMs) / stepMs); at * stepMs <= untilMs - nowMs; at += 1)
    labels.push({ place: placeIn(window, nowMs + at * stepMs), words: wordsOf(at * stepMs) });
  return labels;
}

function wordsOf(ms: number): string {
  if (ms === 0) return 'now';
  const [size, sign] = [Math.abs(ms), ms < 0 ? '−' : '+'];
  if (size < 60e3) return `${sign}${size / 1e3} s`;
  return size < 3600e3 ? `${sign}${size / 60e3} min` : `${sign}${size / 3600e3} h`;
}
