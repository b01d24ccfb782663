/**
 * How certain the times of a drain are. The bounds of each VM are drawn from again and again, and the whole schedule is made of
 * each draw. What all moves have in common, the link's rate and the hosts' own time, is drawn once for all of them: it does not
 * average out over many VMs. The rest is drawn for each VM by itself.
 */
import type { Estimate } from '../model/interval.ts';
import type { VmForecast } from './facts.ts';
import { makespanMs, type Scheduled, type ScheduleRules, schedule, type TimedMove } from './schedule.ts';

export interface ForecastMove extends TimedMove {
  readonly uuid: string;
  readonly forecast: VmForecast;
}

export interface Times {
  readonly startMs: Estimate;
  readonly endMs: Estimate;
}

export interface Outlook {
  /** Until the last one has left; undefined: some never begin. */
  readonly wholeMs: Estimate | undefined;
  /** By UUID; without those for which no window will open any more. */
  readonly times: ReadonlyMap<string, Times>;
  /** The share of draws in which all have left by then. */
  within(deadlineMs: number): number;
}

const DRAWS = 400;

/** A VM's bounds hold in about four of five migrations: what is measured of plans (docs/plan.md) is held against that. */
const BOUNDS_AT_SIGMA = 1.2816;
const LOW = 0.1;
const HIGH = 0.9;

/** No move takes less than this of what it is expected to, whatever is drawn. */
const LEAST_FACTOR = 0.05;

/** @param random from 0 to below 1; the same numbers give the same outlook */
export function outlookOf(
  inOrder: readonly ForecastMove[],
  rules: ScheduleRules,
  random: () => number,
  draws = DRAWS,
): Outlook {
  const likely = schedule(inOrder, rules);
  const wholes: number[] = [];
  const drawn = new Map(inOrder.map(({ uuid }) => [uuid, { starts: [] as number[], ends: [] as number[] }]));
  for (let draw = 0; draw < draws; draw += 1) {
    const inCommon = normal(random);
    const made = schedule(
      inOrder.map((move) => slower(move, factorOf(move.forecast, inCommon, normal(random)))),
      rules,
    );
    wholes.push(wholeOf(made, inOrder));
    for (const { move, startMs, endMs } of made) {
      drawn.get(move.uuid)?.starts.push(startMs);
      drawn.get(move.uuid)?.ends.push(endMs);
    }
  }
  const wholeMs = wholeOf(likely, inOrder);
  return {
    // What a draw has beyond the last window has no time: the probability counts it.
    wholeMs:
      wholeMs === Number.POSITIVE_INFINITY ? undefined : around(wholeMs, wholes.filter(Number.isFinite)),
    times: new Map(
      likely.map(({ move, startMs, endMs }) => {
        const { starts = [], ends = [] } = drawn.get(move.uuid) ?? {};
        return [move.uuid, { startMs: around(startMs, starts), endMs: around(endMs, ends) }];
      }),
    ),
    within: (deadlineMs) => wholes.filter((each) => each <= deadlineMs).length / Math.max(1, wholes.length),
  };
}

function wholeOf(made: readonly Scheduled<ForecastMove>[], all: readonly ForecastMove[]): number {
  return made.length < all.length ? Number.POSITIVE_INFINITY : makespanMs(made);
}

function slower(move: ForecastMove, factor: number): ForecastMove {
  return { ...move, durationMs: (among) => move.durationMs(among) * factor };
}

function factorOf({ besideOthers, inCommonMs }: VmForecast, inCommon: number, own: number): number {
  const { low, middle, high } = besideOthers[0].totalMs;
  const up = { inCommon: Math.max(0, inCommonMs.high - middle), all: high - middle };
  const down = { inCommon: Math.max(0, middle - inCommonMs.low), all: middle - low };
  const by = (sigmas: number, size: (side: typeof up) => number) =>
    (sigmas / BOUNDS_AT_SIGMA) * size(sigmas > 0 ? up : down);
  const shiftMs =
    by(inCommon, (side) => Math.min(side.inCommon, side.all)) +
    by(own, (side) => Math.sqrt(Math.max(0, side.all ** 2 - side.inCommon ** 2)));
  return Math.max(LEAST_FACTOR, 1 + shiftMs / middle);
}

function around(middle: number, values: readonly number[]): Estimate {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return {
    low: Math.min(middle, at(LOW) ?? middle),
    middle,
    high: Math.max(middle, at(HIGH) ?? middle),
  };
}

/** Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
