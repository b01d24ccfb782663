/** The common time axis of all migrations: wall clock, now at its right. A bar only ever grows. */

const WINDOWS_MS = [60e3, 120e3, 300e3, 600e3, 1800e3, 3600e3, 3 * 3600e3, 12 * 3600e3, 48 * 3600e3];
/** Labels that fit without crowding. */
const TICKS_AT_MOST = 4;
const STEPS_MS = [15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 1800e3, 3600e3, 3 * 3600e3, 12 * 3600e3];

export interface TimeWindow {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The shortest of a few round windows that shows the oldest from its start. */
export function windowFor(startedAtMs: readonly number[], nowMs: number): TimeWindow {
  const oldest = Math.min(nowMs, ...startedAtMs);
  const needed = nowMs - oldest;
  const lengthMs = WINDOWS_MS.find((each) => each >= needed) ?? needed;
  return { fromMs: nowMs - lengthMs, untilMs: nowMs };
}

/** Where an instant is, from 0 (left) to 1 (right). */
export function placeIn({ fromMs, untilMs }: TimeWindow, atMs: number): number {
  return Math.min(1, Math.max(0, (atMs - fromMs) / (untilMs - fromMs)));
}

/** Labels of the axis, as time before now, the oldest first: `-5 min`. */
export function axisLabels({
  fromMs,
  untilMs,
}: TimeWindow): { readonly place: number; readonly words: string }[] {
  const lengthMs = untilMs - fromMs;
  const stepMs = STEPS_MS.find((each) => lengthMs / each <= TICKS_AT_MOST) ?? lengthMs;
  const labels = [];
  for (let agoMs = Math.floor(lengthMs / stepMs) * stepMs; agoMs > 0; agoMs -= stepMs)
    labels.push({ place: 1 - agoMs / lengthMs, words: agoWords(agoMs) });
  return labels;
}

function agoWords(ms: number): string {
  if (ms < 60e3) return `−${ms / 1e3} s`;
  return ms < 3600e3 ? `−${ms / 60e3} min` : `−${ms / 3600e3} h`;
}
