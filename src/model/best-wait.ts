/**
 * Whether a pause is better waited for, and under which downtime limit. QEMU ends a pass as soon as no more than its limit
 * has room for is unsent, and stops the guest if what is dirty then fits as well. So the limit decides two things: which
 * pause is taken when it comes, and how whole the passes before it are. Under a long one it comes soon, but the rest never
 * gets below what is left unsent each time; under a short one passes are whole, and take their time.
 *
 * The dirty curve is not known, only its bracket. So each limit is tried on several curves within it, and what it costs is
 * their mean. It is the best of many such means, hence more often too hopeful than not; and the time of a wait is certain,
 * what it brings is not. So it has to pay at a part of the exchange rate, and save a little of all that stopping now
 * costs.
 *
 * Where only one thing is known of the guest a pass tells more, and the exchange rate counts in full. It does so too
 * where the guest was seen to be calmer today than it is now: with some chance the next pass falls into such a calm.
 */
import type { DirtyCurve } from './dirty-curve.ts';
import { carriedBytes, transferMs } from './transfer.ts';
import {
  costOf,
  type Expectation,
  expectedPass,
  expectedPauseMs,
  FOLLOWED_PASSES,
  likelyPauseMs,
  STANDSTILL,
  type Stop,
  type Worth,
} from './worthwhile.ts';

export interface Wait extends Stop {
  /** The downtime limit under which it costs least, in milliseconds. */
  readonly limitMs: number;
}

/**
 * Where in the bracket the curve may be, from its floor, 0, to its roof, 1. The floor itself is left out: it is level after
 * the last observation, which no guest is.
 */
const SHARES = [0.25, 0.5, 0.75, 1];
const MIDDLE = 0.5;

/** From the pause that is always fine to the one of now, each longer by the same factor. */
const LIMITS = 17;

/** Of the exchange rate: a wait has to pay at that, of a guest that is known. */
const CAUTION = 0.35;

/** Of what stopping now costs: what a wait has to save where no calm was seen. */
const LEAST_SAVING = 0.06;

/**
 * That the next pass falls into a calm, where one was seen: after n passes of the phase that came since, one in n + this.
 */
const CALM_AFTER = 4;

/**
 * The best wait from a boundary with `restBytes` dirty: the limit, and the stop that is expected under it in the middle of
 * the bracket.
 * @returns undefined where none is worth it, or, where the pause of now is not allowed, none is sure to bring one that is
 */
export function bestWait(restBytes: number, expected: Expectation, worth: Worth): Wait | undefined {
  const calms = calmerPhases(restBytes, expected);
  const nowMs = expectedPauseMs(restBytes, expected);
  const isAllowed = nowMs <= worth.maxPauseMs;
  const now = { passes: 0, waitMs: 0, restBytes, pauseMs: nowMs };
  const isKnown = calms.length === 0 && expected.curve.restsOn.length > 1;
  const wary = isKnown ? { ...worth, exchangeRate: CAUTION * worth.exchangeRate } : worth;
  const { freePauseMs, maxPauseMs } = worth;
  const longestMs = Math.min(nowMs, maxPauseMs);
  let leastCost = isAllowed ? likelyCost(now, expected, wary) : Number.POSITIVE_INFINITY;
  let best: Wait | undefined;
  for (let step = 0; step < LIMITS; step += 1) {
    const limitMs = Math.min(freePauseMs * (longestMs / freePauseMs) ** (step / (LIMITS - 1)), longestMs);
    const unsentBytes = carriedBytes(limitMs - expected.fixedCostMs, expected.bytesPerSecond);
    const under = (more: Partial<Expectation>) =>
      bestStopUnder(limitMs, restBytes, { ...expected, unsentBytes, ...more }, wary);
    const meanCost = (stops: readonly (Stop | undefined)[]) => meanLikelyCost(stops, expected, wary);
    const stops = SHARES.map((share) => under({ share }));
    const likely = stops[SHARES.indexOf(MIDDLE)];
    const steadyCost = meanCost(stops);
    const calmCost = calms.length > 0 ? meanCost(calms.map((curve) => under({ curve }))) : steadyCost;
    const cost = steadyCost + (calmCost - steadyCost) / (CALM_AFTER + (expected.passesInPhase ?? 1));
    if (!(cost < leastCost) || !likely) continue;
    leastCost = cost;
    best = { ...likely, limitMs };
  }
  if (!best || !isAllowed || calms.length > 0) return best;
  const stopNow = likelyCost(now, expected, worth);
  return likelyCost(best, expected, worth) <= (1 - LEAST_SAVING) * stopNow ? best : undefined;
}

/** What the guest did today before it changed, if a whole pass from here would leave less of it. */
function calmerPhases(
  restBytes: number,
  { curve, otherPhases = [], bytesPerSecond }: Expectation,
): DirtyCurve[] {
  const durationMs = transferMs(restBytes, bytesPerSecond);
  const middleOf = (each: DirtyCurve) => each.lower(durationMs) + each.upper(durationMs);
  const now = middleOf(curve);
  return otherPhases.filter((each) => middleOf(each) < now);
}

/** With the pause that pages are likely to cost, of which QEMU knows nothing: limits go by what they hold. */
function likelyCost({ waitMs, restBytes }: Stop, expected: Expectation, worth: Worth): number {
  return costOf({ waitMs, pauseMs: likelyPauseMs(restBytes, expected) }, worth);
}

function meanLikelyCost(stops: readonly (Stop | undefined)[], expected: Expectation, worth: Worth): number {
  const costs = stops.map((stop) => (stop ? likelyCost(stop, expected, worth) : Number.POSITIVE_INFINITY));
  return costs.reduce((sum, each) => sum + each, 0) / costs.length;
}

/** After one pass or more, on one curve; QEMU takes the first that fits the limit. */
function bestStopUnder(
  limitMs: number,
  restBytes: number,
  expected: Expectation,
  worth: Worth,
): Stop | undefined {
  let best: Stop | undefined;
  let leastCost = Number.POSITIVE_INFINITY;
  let rest = restBytes;
  let waitMs = 0;
  for (let passes = 1; passes <= FOLLOWED_PASSES; passes += 1) {
    const pass = expectedPass(rest, expected);
    waitMs += pass.durationMs;
    const stop = {
      ...{ passes, waitMs },
      ...{ restBytes: pass.restBytes, pauseMs: expectedPauseMs(pass.restBytes, expected) },
    };
    const cost = likelyCost(stop, expected, worth);
    if (cost < leastCost && stop.pauseMs <= worth.maxPauseMs) {
      best = stop;
      leastCost = cost;
    }
    if (stop.pauseMs <= limitMs || pass.restBytes > STANDSTILL * rest) break;
    rest = pass.restBytes;
  }
  return best;
}
