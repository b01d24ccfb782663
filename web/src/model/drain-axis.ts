/** The time axis of one drain, on the wall clock: from its start to its deadline, or to where its end is forecast. */
import type { DrainSummary } from '../drain-types.ts';
import { formatClock } from './format.ts';
import type { TimeWindow } from './lanes.ts';

const STEPS_MS = [
  ...[5e3, 15e3, 30e3, 60e3, 2 * 60e3, 5 * 60e3, 10 * 60e3, 30 * 60e3],
  ...[3600e3, 2 * 3600e3, 6 * 3600e3, 12 * 3600e3, 24 * 3600e3, 7 * 24 * 3600e3],
];
const MOST_LABELS = 5;
/** So that the last mark is not at the edge. */
const ROOM = 0.06;
const SHORTEST_MS = 20e3;
/** A deadline that is further away, compared with all else, is beyond the edge: else nothing could be seen. */
const FURTHEST = 6;

export interface DrainAxis extends TimeWindow {
  /** It is later than what is shown. */
  readonly deadlineIsBeyond: boolean;
}

type Timed = Pick<DrainSummary, 'begun' | 'deadline' | 'forecastEnd' | 'endedAt' | 'final' | 'emptySince'>;

export function drainAxis(
  { begun, deadline, forecastEnd, endedAt, final, emptySince }: Timed,
  nowMs: number,
): DrainAxis {
  const fromMs = Date.parse(begun);
  const untilMs = final && endedAt !== null ? Date.parse(endedAt) : Math.max(nowMs, fromMs);
  const ends = [untilMs, ...(forecastEnd ? [Date.parse(forecastEnd.high)] : [])];
  const neededMs = Math.max(SHORTEST_MS, Math.max(...ends) - fromMs);
  const deadlineMs = deadline === null ? undefined : Date.parse(deadline) - fromMs;
  const isPast = final || emptySince !== null;
  const deadlineIsBeyond = deadlineMs !== undefined && deadlineMs > (isPast ? 1 : FURTHEST) * neededMs;
  const shownMs = deadlineMs === undefined || deadlineIsBeyond ? neededMs : Math.max(neededMs, deadlineMs);
  return { fromMs, nowMs: untilMs, untilMs: fromMs + shownMs * (1 + ROOM), deadlineIsBeyond };
}

/** Times of day, at round steps. */
export function clockLabels({
  fromMs,
  untilMs,
}: TimeWindow): { readonly atMs: number; readonly words: string }[] {
  const stepMs = STEPS_MS.find((each) => (untilMs - fromMs) / each <= MOST_LABELS) ?? untilMs - fromMs;
  const labels = [];
  const offsetMs = new Date(fromMs).getTimezoneOffset() * 60e3;
  for (
    let atMs = Math.ceil((fromMs - offsetMs) / stepMs) * stepMs + offsetMs;
    atMs < untilMs;
    atMs += stepMs
  ) {
    const clock = formatClock(new Date(atMs));
    labels.push({ atMs, words: stepMs < 60e3 ? clock : clock.slice(0, 5) });
  }
  return labels;
}
