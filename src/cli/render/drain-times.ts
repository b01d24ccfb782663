/** When a drain that has windows begins and is over, in words; times of day are those of this machine, as its windows are. */
import type { PlannedDrain } from '../../drain/document.ts';
import type { Opening } from '../../drain/opening.ts';
import { formatDuration } from '../../model/units.ts';
import { around } from '../../plan/plan-words.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const WEEK_MS = 7 * 24 * 3600e3;

/**
 * `the first one starts at 22:00, in 2 h 40 min, and the last one has left at 22:14, in 2 h 54 min (2 h 50 min to 3 h 1 min)`.
 * @returns undefined where there are no windows, or nobody knows
 */
export function timesWords(planned: PlannedDrain): string | undefined {
  const { openings, moves, wholeMs } = planned.plan;
  const startMs = moves[0]?.times?.startMs.middle;
  if (openings.length === 0 || !wholeMs || startMs === undefined) return undefined;
  const [first, last] = moves.length === 1 ? ['it', ''] : ['the first one', 'the last one '];
  const starts = startMs <= 0 ? 'at once' : whenAndIn(planned, startMs);
  const left = `${clockAt(planned.madeMs, wholeMs.middle)}, in ${around(wholeMs, formatDuration)}`;
  return `${first} starts ${starts}, and ${last}has left ${left}`;
}

/** Which there are, and when the first one is. */
export function windowWords(
  { windows = [], ...planned }: PlannedDrain,
  { opensMs, closesMs }: Opening,
): string {
  const closes = clockAt(planned.madeMs, closesMs);
  const when =
    opensMs > 0
      ? `opens ${whenAndIn(planned, opensMs)}, and closes ${closes}`
      : `open for ${formatDuration(closesMs)}, and closes ${closes}`;
  return `${windows.join(', ')}: ${when}`;
}

/** `at 22:00, in 2 h 40 min`. @param ms after the plan was made */
export function whenAndIn({ madeMs }: Pick<PlannedDrain, 'madeMs'>, ms: number): string {
  return `${clockAt(madeMs, ms)}, in ${formatDuration(ms)}`;
}

/** `at 22:00`, `on Tue at 04:00`, `on 2027-01-31 at 02:00`. */
function clockAt(madeMs: number, ms: number): string {
  const [made, at] = [new Date(madeMs), new Date(madeMs + ms)];
  const clock = `at ${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === made.toDateString()) return clock;
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `on ${ms < WEEK_MS - 24 * 3600e3 ? DAYS[at.getDay()] : date} ${clock}`;
}

function two(number: number): string {
  return `${number}`.padStart(2, '0');
}
