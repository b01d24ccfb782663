/**
 * When a migration that runs is expected to end, by what its journal holds: what was known of the guest and of the link before,
 * each pass since, and the pause that is waited for. It is the arithmetic by which the policies decide (`model/pre-copy.ts`,
 * `model/best-wait.ts`), asked for the time instead of the pause:
 *
 * - at the earliest after the quickest passes that may bring a pause within the longest allowed,
 * - at the latest after the slowest passes that are sure to bring the pause at which QEMU stops by itself; under the policy
 *   forecast also once it waits no more, whatever comes,
 * - likely at the stop that the policy forecast waits for, or at the first that is expected to bring that pause.
 *
 * It holds as long as guest and link stay as they are; a guest that changes moves it.
 */
import type { MigrationView } from '../journal/view.ts';
import { bestWait } from '../model/best-wait.ts';
import { FirstPassRate } from '../model/first-pass-rate.ts';
import { exactly, type Interval } from '../model/interval.ts';
import type { MeasuredBoundary, Tick } from '../model/observation.ts';
import type { Conditions } from '../model/outlook.ts';
import { nextRest } from '../model/pre-copy.ts';
import { pauseMs } from '../model/switchover-pause.ts';
import { carriedBytes, transferMs } from '../model/transfer.ts';
import {
  costOf,
  expectedPauseMs,
  FOLLOWED_PASSES,
  firstStopWithin,
  likelyPauseMs,
  STANDSTILL,
  type Stop,
  type Worth,
} from '../model/worthwhile.ts';
import { estimateCurve } from '../plan/parametric.ts';
import { FORECAST_DEFAULTS } from '../policy/forecast.ts';
import { learned, waitedForMs } from './learned-outlook.ts';

/** When the guest runs on the destination, in milliseconds since the migration began. */
export interface ForecastEnd {
  readonly lowMs: number;
  /** Null: at which stop is not known. */
  readonly likelyMs: number | null;
  /** Null: no end is certain. */
  readonly highMs: number | null;
}

/** A sync to come, or the last one: when, and what it finds dirty. */
interface Sync {
  readonly atMs: Interval;
  readonly restBytes: Interval;
  readonly likely: { readonly atMs: number; readonly restBytes: number };
  /** It has been, and the guest was not stopped at it. */
  readonly isPast: boolean;
}

/** @param nowMs of its last entry @returns null: it is over, or too little is known to tell */
export function forecastEndOf(
  view: MigrationView,
  ticks: readonly Tick[],
  nowMs: number,
): ForecastEnd | null {
  if (view.outcome !== undefined || view.postCopyBegan || view.state === 'cancelling') return null;
  // A guest that is slowed down is another one, of which too little is known.
  if ((view.lastTick?.throttlePercent ?? 0) > 0) return null;
  const boundary = view.boundaries.at(-1);
  const found = boundary?.ended
    ? once(view, '', () => afterPass(view, boundary))
    : once(view, String(Math.floor(nowMs / FIRST_PASS_EVERY_MS)), () => inFirstPass(view, ticks));
  if (!found) return null;
  const { lowMs, likelyMs, highMs } = found;
  // What was expected by now and has not come comes any moment.
  const fromNow = (ms: number) => Math.round(Math.max(ms, nowMs));
  return {
    lowMs: fromNow(lowMs),
    likelyMs: likelyMs === null ? null : fromNow(likelyMs),
    highMs: highMs === null ? null : fromNow(highMs),
  };
}

/** Within the first pass, so often: its samples come four times a second. */
const FIRST_PASS_EVERY_MS = 2000;

/** The same until something is decided anew: it is asked for at each change, by each who looks. */
const TOLD = new WeakMap<MigrationView, { readonly of: string; readonly end: ForecastEnd | undefined }>();

function once(
  view: MigrationView,
  when: string,
  reckon: () => ForecastEnd | undefined,
): ForecastEnd | undefined {
  const { boundaries, decisions, state, limits } = view;
  const of = [
    boundaries.length,
    decisions.length,
    state,
    limits.downtimeMs,
    limits.maxDowntimeMs,
    when,
  ].join();
  const told = TOLD.get(view);
  if (told?.of === of) return told.end;
  const end = reckon();
  TOLD.set(view, { of, end });
  return end;
}

function afterPass(view: MigrationView, boundary: MeasuredBoundary): ForecastEnd | undefined {
  const { conditions, knowsGuest } = learned(view, waitedForMs(view, Number.POSITIVE_INFINITY));
  if (!conditions || !knowsGuest) return undefined;
  const { atMs, remainingBytes } = boundary;
  const sync: Sync = {
    atMs: exactly(atMs),
    restBytes: exactly(remainingBytes),
    likely: { atMs, restBytes: remainingBytes },
    isPast: wentOn(view, atMs),
  };
  return endFrom(sync, conditions, view);
}

/** It was decided at that sync, and not to stop. */
function wentOn({ decisions, state }: MigrationView, atMs: number): boolean {
  const last = decisions.at(-1);
  return state === 'copying' && last !== undefined && last.atMs >= atMs && last.action !== 'switchover';
}

/** It goes through all memory once: of that only what is not zero takes its time. */
function inFirstPass(view: MigrationView, ticks: readonly Tick[]): ForecastEnd | undefined {
  const tick = ticks.at(-1);
  const rate = rateOf(ticks);
  if (tick?.pass !== 1 || !rate) return undefined;
  const { outlook } = learned(view, view.limits.downtimeMs);
  const conditions = outlook.conditionsAt(tick.totalBytes, rate);
  if (conditions.expected.curve.restsOn.length === 0) return undefined;
  const { atMs } = tick;
  const { curve } = conditions.expected;
  const longestMs = transferMs(leftBytes(tick, view, 'residentBytes'), rate.low);
  const likelyMs = Math.min(longestMs, transferMs(leftBytes(tick, view, 'firstPassBytes'), rate.middle));
  const sync: Sync = {
    atMs: { low: atMs, high: atMs + longestMs },
    restBytes: { low: curve.lower(atMs), high: curve.upper(atMs + longestMs) },
    // A probe says little of a time that is a hundred times as long: as a plan reckons with it.
    likely: { atMs: atMs + likelyMs, restBytes: estimateCurve(curve).bytesWithin(atMs + likelyMs) },
    isPast: false,
  };
  return endFrom(sync, conditions, view);
}

/** What the pass has yet to send: pages that were never written cost next to nothing. */
function leftBytes(
  { remainingBytes, sentBytes }: Tick,
  { foreseen }: MigrationView,
  by: 'residentBytes' | 'firstPassBytes',
): number {
  const most = foreseen?.known[by] ?? foreseen?.known.residentBytes ?? Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(remainingBytes, most - sentBytes));
}

function rateOf(ticks: readonly Tick[]) {
  const rate = new FirstPassRate();
  let found: ReturnType<FirstPassRate['with']>;
  for (const tick of ticks) if (tick.pass === 1) found = rate.with(tick) ?? found;
  return found;
}

function endFrom(sync: Sync, conditions: Conditions, view: MigrationView): ForecastEnd {
  const limitMs = waitedForMs(view, Number.POSITIVE_INFINITY);
  const stop = likelyStop(sync, conditions, view, limitMs);
  const highs = [latest(sync, conditions, limitMs), waitsNoMore(sync, conditions, view)].filter(
    (ms) => ms !== null,
  );
  const likelyMs = stop ? sync.likely.atMs + stop.waitMs + stop.pauseMs : null;
  const lowMs = earliest(sync, conditions, view.limits.maxDowntimeMs, limitMs);
  const highMs = highs.length === 0 ? null : Math.max(likelyMs ?? 0, Math.min(...highs));
  return { lowMs: Math.min(lowMs, likelyMs ?? lowMs), likelyMs, highMs };
}

function worthOf({ limits: { downtimeMs, maxDowntimeMs } }: MigrationView): Worth {
  const freePauseMs = Math.min(downtimeMs, maxDowntimeMs);
  return { exchangeRate: FORECAST_DEFAULTS.exchangeRate, freePauseMs, maxPauseMs: maxDowntimeMs };
}

function likelyStop(
  { likely: { restBytes }, isPast }: Sync,
  { expected }: Conditions,
  view: MigrationView,
  limitMs: number,
): Stop | undefined {
  const now = { passes: 0, waitMs: 0, restBytes, pauseMs: expectedPauseMs(restBytes, expected) };
  if (!isPast && now.pauseMs <= limitMs) return now;
  const asked = firstStopWithin(limitMs, restBytes, expected);
  if (view.policy !== 'forecast' || view.decisions.at(-1)?.action === 'switchover') return asked;
  const worth = worthOf(view);
  const wait = bestWait(restBytes, expected, worth) ?? asked;
  return wait ?? (!isPast && now.pauseMs <= worth.maxPauseMs ? now : undefined);
}

/** Of each stop that was possible: once the clock alone has cost as much, the policy forecast takes the next one. */
function waitsNoMore(
  sync: Sync,
  { preCopy, cost, expected }: Conditions,
  view: MigrationView,
): number | null {
  if (view.policy !== 'forecast') return null;
  const worth = worthOf(view);
  const stops = sync.isPast
    ? view.boundaries
        .filter(({ ended }) => ended)
        .map(({ atMs, remainingBytes }) => ({ atMs, bytes: remainingBytes }))
    : [{ atMs: sync.atMs.high, bytes: sync.restBytes.high }];
  const costs = stops
    .map(({ atMs, bytes }) => ({ atMs, pauseMs: likelyPauseMs(bytes, expected) }))
    .filter(({ pauseMs: pause }) => pause <= worth.maxPauseMs)
    .map(({ atMs, pauseMs: pause }) => atMs + costOf({ waitMs: 0, pauseMs: pause }, worth));
  if (costs.length === 0) return null;
  const passMs = transferMs(sync.restBytes.high, preCopy.bandwidth.low);
  return Math.min(...costs) + passMs + Math.min(pauseMs(sync.restBytes, cost).high, worth.maxPauseMs);
}

function earliest(sync: Sync, { preCopy, cost }: Conditions, maxMs: number, limitMs: number): number {
  const unsent = unsentUnder(limitMs, cost.fixedCostMs, preCopy.bandwidth);
  let { atMs, restBytes } = { atMs: sync.atMs.low, restBytes: sync.restBytes };
  for (let passes = 0; passes <= FOLLOWED_PASSES; passes += 1) {
    const pause = pauseMs(restBytes, cost).low;
    const mayStop = passes > 0 || !sync.isPast || pause <= limitMs;
    if (mayStop && pause <= maxMs) return atMs + pause;
    atMs += transferMs(restBytes.low - unsent.high, preCopy.bandwidth.high);
    restBytes = nextRest(preCopy, restBytes, unsent);
  }
  return atMs;
}

function latest(sync: Sync, { preCopy, cost }: Conditions, limitMs: number): number | null {
  const unsent = unsentUnder(limitMs, cost.fixedCostMs, preCopy.bandwidth);
  let { atMs, restBytes } = { atMs: sync.atMs.high, restBytes: sync.restBytes };
  for (let passes = 0; passes <= FOLLOWED_PASSES; passes += 1) {
    const pause = pauseMs(restBytes, cost).high;
    if (pause <= limitMs) return atMs + pause;
    const next = nextRest(preCopy, restBytes, unsent);
    // The first pass went through memory that nothing wrote: what it leaves may be less or more.
    if (passes > 0 && next.high > STANDSTILL * restBytes.high) return null;
    atMs += transferMs(restBytes.high - unsent.low, preCopy.bandwidth.low);
    restBytes = next;
  }
  return null;
}

function unsentUnder(limitMs: number, fixedCostMs: Interval, bandwidth: Interval): Interval {
  return { low: 0, high: carriedBytes(limitMs - fixedCostMs.low, bandwidth.high) };
}
