/**
 * How long moves of a drain took, against what was expected of them when it was planned. What they have in common and nobody
 * foretold, a link that is shared with others or hosts that are slow, meets those that are still to come, too. Pure.
 */
import type { VmForecast } from '../drain/facts.ts';

/** One that has arrived, or is on its way. Times of one clock, in milliseconds. */
export interface Ride {
  readonly forecast: VmForecast;
  readonly fromMs: number;
  /** Undefined: it is on its way still. */
  readonly toMs: number | undefined;
}

/** What was expected weighs as much as one move that took just as long. */
const PRIOR_MOVES = 1;
const BOUNDS = { least: 0.5, most: 5 };

/** @returns by how much longer they took; 1: nothing is known yet, or it was as expected */
export function paceOf(rides: readonly Ride[], nowMs: number): number {
  const ended = rides.flatMap(({ toMs, ...ride }) =>
    toMs === undefined || toMs <= ride.fromMs ? [] : [{ ...ride, toMs }],
  );
  if (ended.length === 0) return 1;
  const expectedMs = ended.map((ride) => expectedOf(ride, besideIt(ride, rides, nowMs)));
  const wholeMs = expectedMs.reduce((sum, each) => sum + each, 0);
  const tookMs = ended.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const priorMs = (PRIOR_MOVES * wholeMs) / ended.length;
  return Math.min(BOUNDS.most, Math.max(BOUNDS.least, (tookMs + priorMs) / (wholeMs + priorMs)));
}

/** As it is expected of whoever has not left yet. */
export function atPace(forecast: VmForecast, pace: number): VmForecast {
  const [first, ...others] = forecast.besideOthers.map(({ totalMs: { low, middle, high }, pauseMs }) => ({
    totalMs: { low: low * pace, middle: middle * pace, high: high * pace },
    pauseMs,
  }));
  if (!first) return forecast;
  const { low, high } = forecast.inCommonMs;
  return {
    ...forecast,
    besideOthers: [first, ...others],
    inCommonMs: { low: low * pace, high: high * pace },
  };
}

/** How many were on their way beside it, on the average of its time. */
function besideIt(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  rides: readonly Ride[],
  nowMs: number,
): number {
  const sharedMs = rides.reduce(
    (sum, other) => sum + Math.max(0, Math.min(toMs, other.toMs ?? nowMs) - Math.max(fromMs, other.fromMs)),
    0,
  );
  return sharedMs / (toMs - fromMs) - 1;
}

function expectedOf({ forecast: { besideOthers } }: Pick<Ride, 'forecast'>, others: number): number {
  const at = Math.min(besideOthers.length - 1, Math.max(0, Math.round(others)));
  return (besideOthers[at] ?? besideOthers[0]).totalMs.middle;
}
