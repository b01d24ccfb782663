/**
 * When the VMs that can leave will have left, by what each was expected to take when it was planned, put together anew from
 * what is left by now. Pure.
 */
import type { VmForecast } from '../drain/facts.ts';
import type { Openings } from '../drain/openings.ts';
import { type ForecastMove, outlookOf } from '../drain/outlook.ts';
import type { Estimate } from '../model/interval.ts';
import { linkFrom, linkTo } from './drain-settings.ts';

export interface LeavingVm {
  readonly uuid: string;
  /** Where it goes; undefined: it has not been placed yet. */
  readonly to: string | undefined;
  /** How long it has been on its way, in milliseconds; undefined: it waits. */
  readonly runningMs: number | undefined;
  /** As it is to be expected by now. */
  readonly forecast: VmForecast;
  /** Of its guest's notice what is left, in ms; left out: it has none. */
  readonly noticeMs?: number | undefined;
  /** As in `mayBegin`: of its plan, whatever is to be expected by now. */
  readonly expectsMs?: number;
}

export interface LeavingFrom {
  readonly host: string;
  readonly destinations: readonly string[];
  readonly atATime: number;
  /** In which moves begin, in milliseconds from now on; undefined: they do at any time. */
  readonly openings?: Openings | undefined;
}

/** What takes longer than was expected is about to end: that is all that is known of it. */
const LEAST_LEFT = 0.05;
const MOST_DRAWS = 200;
/** A large drain is drawn less often: it is asked for at each look at it, and what VMs differ by averages out over many. */
const LEAST_DRAWS = 30;
const DRAWN_MOVES = 9000;

/**
 * @param leaving those on their way, then those that wait, each in their order
 * @param random from 0 to below 1; the same numbers give the same outlook
 * @returns from now on, in milliseconds; undefined: for some no window will open any more
 */
export function timeLeftMs(
  leaving: readonly LeavingVm[],
  { host, destinations, atATime, openings }: LeavingFrom,
  random: () => number,
): Estimate | undefined {
  const first = leaving.filter(({ runningMs }) => runningMs !== undefined);
  const moves = [...first, ...leaving.filter(({ runningMs }) => runningMs === undefined)].map(
    (vm, index): ForecastMove => {
      // One that is not placed yet goes where others go: which one matters to its link only.
      const to = vm.to ?? destinations[index % Math.max(1, destinations.length)] ?? '';
      return {
        ...{ uuid: vm.uuid, forecast: vm.forecast, calmAmong: vm.forecast.calmAmong },
        links: [linkFrom(host), linkTo(to)],
        durationMs: (among) => leftOf(vm, among),
        hasBegun: vm.runningMs !== undefined,
        noticeMs: vm.noticeMs,
        expectsMs: vm.expectsMs,
      };
    },
  );
  const draws = Math.max(LEAST_DRAWS, Math.min(MOST_DRAWS, Math.floor(DRAWN_MOVES / moves.length)));
  return outlookOf(moves, { atATime, openings }, random, draws).wholeMs;
}

function leftOf({ forecast: { besideOthers }, runningMs = 0 }: LeavingVm, among: number): number {
  const figures = besideOthers[among - 1];
  const last = besideOthers.at(-1) ?? besideOthers[0];
  const wholeMs = figures?.totalMs.middle ?? (last.totalMs.middle * among) / besideOthers.length;
  return Math.max(wholeMs * LEAST_LEFT, wholeMs - runningMs);
}
