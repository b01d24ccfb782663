/**
 * Forecast: switch over at the first boundary after which another pass is not worth its time. What passes would
 * tell is known before they are made, from the guest's dirty curve (`model/dirty-curve.ts`): a probe, earlier
 * migrations of the same guest, and each boundary are points of it.
 *
 * Its one parameter is the exchange rate X: how many seconds of migration one second of pause is worth. At a
 * boundary it stops if no number of further passes is expected to save more pause, times X, than they take
 * (`model/worthwhile.ts`). The user's limits go before that: a guest that is certain to come within
 * `--downtime` is left alone, and a pause beyond `--max-downtime` is never asked for. While it waits, the pause that it
 * waits for is QEMU's downtime limit, so that it is taken within a pass as well.
 *
 * Expectations fail: a guest has phases, or its curve is not yet known. So waiting has an end that needs none. A
 * boundary at time t with pause P could have ended the migration at a cost of t + P + X·P; once the clock alone
 * has reached the least of these, no pause is short enough to have been worth the wait: it waits no more.
 *
 * What it learns and what it decides by that are one policy's state and stand together, hence longer than most files.
 */

import type { Transfer } from '../model/bandwidth.ts';
import { bestWait, type Wait } from '../model/best-wait.ts';
import { type BrakePrice, bestBrake } from '../model/brake-worth.ts';
import { isBraked } from '../model/braking.ts';
import { convergence } from '../model/convergence.ts';
import type { DirtyObservation, PhaseChange } from '../model/dirty-curve.ts';
import { FirstPassRate } from '../model/first-pass-rate.ts';
import { FixedCost } from '../model/fixed-cost.ts';
import { type Foreknowledge, NOTHING_KNOWN } from '../model/foreknowledge.ts';
import { type Estimate, exactly } from '../model/interval.ts';
import type { EndedPass, MeasuredBoundary, Observation, Tick } from '../model/observation.ts';
import { type Conditions, Outlook } from '../model/outlook.ts';
import { mostUnsentBytes } from '../model/passes.ts';
import { aimedPauseMs } from '../model/pause-room.ts';
import { pauseMs } from '../model/switchover-pause.ts';
import { carriedBytes, transferMs } from '../model/transfer.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import { WireLimited } from '../model/wire-limited.ts';
import {
  costOf,
  expectedPass,
  expectedPauseMs,
  firstStopWithin,
  likelyPauseMs,
  type Stop,
  type Worth,
} from '../model/worthwhile.ts';
import { Approach } from './approach.ts';
import { AskToStop } from './ask-to-stop.ts';
import { CalmMemory } from './calm-memory.ts';
import { EarlyEnds } from './early-ends.ts';
import { whenOverBudget, whenRefused } from './over-budget.ts';
import type { Decision, Limits, Policy, PolicyKind, ReckonedWith } from './policy.ts';

export interface ForecastParameters {
  /** Seconds of migration that one second of pause is worth. */
  readonly exchangeRate: number;
  /** Seconds of migration that one second is worth in which the guest is slowed down altogether. */
  readonly brownOutPrice: number;
}

export const FORECAST_DEFAULTS: ForecastParameters = { exchangeRate: 5, brownOutPrice: 2 };

/** A brake has to be expected to cost no more than this share of what the best stop without one costs. */
const BRAKE_PAYS = 0.9;

/** Room given above the forecast pause, as a fraction: the dirty set and the link's rate both waver. */
const PAUSE_MARGIN = 0.25;

/** Limits that differ by no more than this fraction are not worth setting anew. */
const SAME_LIMIT = 0.02;

/** The shortest pause was over the longest allowed by no more than this fraction: it nearly fitted. */
const NEARLY = 0.1;

export function forecast(given: Partial<ForecastParameters> = {}): PolicyKind {
  const parameters = { ...FORECAST_DEFAULTS, ...given };
  return {
    name: 'forecast',
    summary: 'stops as soon as another pass is not worth its time (the default)',
    foresees: true,
    begin: (limits, known = NOTHING_KNOWN) => new Forecast(parameters, limits, known),
  };
}

class Forecast implements Policy {
  readonly initialDowntimeLimitMs: number;
  readonly initialFixedCostMs: number;
  private limits: Limits;
  private readonly worth: Worth;
  /** Undefined: the guest is not to be braked where that pays. */
  private readonly brakePrice: BrakePrice | undefined;
  private readonly known: Foreknowledge;
  private readonly outlook: Outlook;
  private firstPass = new FirstPassRate();
  private readonly wire = new WireLimited();
  /** What the last passes showed of the line, and where that is known while the wire was their limit. */
  private latelyBytesPerSecond: number | undefined;
  private readonly calms = new CalmMemory();
  private readonly approach = new Approach();
  private readonly earlyEnds = new EarlyEnds();
  /** Passes end while this much more, in time, is unsent. */
  private limitInForceMs: number;
  private throttlePercent = 0;
  private throttleChanged = false;
  /** The least that the migration could have cost by ending at a boundary so far. */
  private leastCostMs = Number.POSITIVE_INFINITY;
  private leastPauseMs = Number.POSITIVE_INFINITY;
  private readonly toStop: AskToStop;
  /** A pause over `--downtime` was asked for. */
  private switchoversAsked = 0;
  /** When a boundary first found more than the pause allowed has room for. */
  private notNowSinceMs: number | undefined;

  constructor(parameters: ForecastParameters, limits: Limits, known: Foreknowledge) {
    const { exchangeRate, brownOutPrice } = parameters;
    this.limits = limits;
    if (limits.brake === 'when-it-pays') this.brakePrice = { brownOutPrice, longestMs: limits.brakeForMs };
    this.known = known;
    const cost = FixedCost.of(known);
    const maxPauseMs = aimedPauseMs(limits.maxDowntimeMs, cost);
    const freePauseMs = Math.min(limits.downtimeMs, maxPauseMs);
    this.worth = { exchangeRate, freePauseMs, maxPauseMs };
    this.toStop = new AskToStop(limits, cost);
    const { lineRateBytesPerSecond: lineRate, bandwidthBytesPerSecond: cap } = limits;
    this.outlook = new Outlook(known, { lineRate, cap }, maxPauseMs);
    this.initialDowntimeLimitMs = freePauseMs;
    this.initialFixedCostMs = this.outlook.fixedCostMsWithin(freePauseMs);
    this.limitInForceMs = freePauseMs;
  }

  /** Only by what the user says of the link: what earlier migrations met there may be better today. */
  beforeStart(): Decision | undefined {
    const { lineRateBytesPerSecond: stated, bandwidthBytesPerSecond: cap } = this.limits;
    const { memoryBytes, compressed } = this.known;
    const { overBudget } = this.limits;
    if (memoryBytes === undefined || stated === undefined || overBudget !== 'abort' || compressed)
      return undefined;
    if (this.brakePrice) return undefined;
    const rate = Math.min(stated, cap ?? stated);
    return this.foreseenHopeless(memoryBytes, { low: rate, middle: rate, high: rate });
  }

  takePast(): void {
    this.toStop.forget();
    this.limitInForceMs = this.initialDowntimeLimitMs;
    this.switchoversAsked = 0;
  }

  takePassCap(bytesPerSecond: number | undefined): void {
    this.limits = { ...this.limits, bandwidthBytesPerSecond: bytesPerSecond };
    this.outlook.capPasses(bytesPerSecond);
    this.firstPass = new FirstPassRate();
    this.wire.end();
  }

  takeProbe(probe: DirtyObservation): void {
    // Of a guest that is throttled by now it would say the wrong thing.
    const { memoryBytes } = this.known;
    if (memoryBytes !== undefined && this.throttlePercent === 0) this.outlook.seeProbe(memoryBytes, probe);
  }

  observe(observation: Observation): Decision {
    if (observation.kind === 'tick') return this.atTick(observation);
    const { ended, remainingBytes } = observation;
    const wireLimited = this.wire.end();
    this.wire.see(observation);
    if (!ended) {
      const reason =
        observation.pass === 1 ? 'the first pass begins' : 'the first pass that is seen whole begins';
      return { action: 'continue', memoryIntensive: false, reason };
    }
    const changed = this.learn(observation, ended, wireLimited);
    const conditions = this.outlook.conditions(observation.totalBytes, this.sendingMs);
    if (!conditions) return { action: 'continue', memoryIntensive: false, reason: 'nothing was sent yet' };
    this.calms.add(remainingBytes);
    this.approach.see(observation.atMs, remainingBytes);
    const decision = this.decide(observation, conditions, changed);
    if (decision.action === 'switchover') this.limitInForceMs = decision.acceptedPauseMs;
    else if (decision.action === 'set-downtime-limit') this.limitInForceMs = decision.downtimeLimitMs;
    return decision;
  }

  /** What QEMU's limit leaves for sending. */
  private get sendingMs(): number {
    return Math.max(1, this.limitInForceMs - this.outlook.fixedCostMsWithin(this.limitInForceMs));
  }

  /** In the first pass the link becomes known, which may be all that was missing. */
  private atTick(tick: Tick): Decision {
    if (tick.throttlePercent !== this.throttlePercent) this.throttleChanged = true;
    this.throttlePercent = tick.throttlePercent;
    this.wire.see(tick);
    // Post-copy is better begun once most of the memory is there, and a brake does not bite in the first pass.
    const later = this.brakePrice || ['post-copy', 'brake'].includes(this.limits.overBudget);
    const inTime = tick.pass === 1 && !later;
    const rate = inTime ? this.firstPass.with(tick) : undefined;
    const decision = rate && this.foreseenHopeless(tick.totalBytes, rate);
    return decision ?? { action: 'continue', reason: 'decisions are made at boundaries' };
  }

  private learn(
    boundary: MeasuredBoundary,
    ended: EndedPass,
    wireLimited: Transfer | undefined,
  ): PhaseChange | undefined {
    const { durationMs, sentBytes, carriedBytes: carried, beganWithBytes } = ended;
    const toldByWire = this.limits.lineRateBytesPerSecond === undefined ? wireLimited : undefined;
    const { lineRateBytesPerSecond: measured } = boundary;
    this.latelyBytesPerSecond =
      toldByWire && carried === undefined ? (toldByWire.bytes / toldByWire.durationMs) * 1000 : measured;
    const lately = { ...boundary, lineRateBytesPerSecond: this.latelyBytesPerSecond };
    const pass = {
      ...{ durationMs, sentBytes, carriedBytes: carried, beganWithBytes, restBytes: boundary.remainingBytes },
      ...{ unsentBytes: mostUnsentBytes(lately, ended, this.limitInForceMs), wireLimited },
    };
    if (!this.throttleChanged) return this.outlook.seePass(boundary.totalBytes, pass);
    this.throttleChanged = false;
    this.outlook.seeThrottledPass(pass);
    return undefined;
  }

  private decide(boundary: MeasuredBoundary, conditions: Conditions, changed?: PhaseChange): Decision {
    const { remainingBytes, atMs } = boundary;
    const { expected } = conditions;
    // Of a short limit less is kept back for the fixed cost.
    const freePause = expectedPauseMs(remainingBytes, { ...expected, fixedCostMs: this.initialFixedCostMs });
    const isFree = freePause <= this.worth.freePauseMs;
    const pause = isFree ? freePause : expectedPauseMs(remainingBytes, expected);
    // What it writes may compress less than it is expected to.
    const most = this.outlook.isUnpriced ? pauseMs(exactly(remainingBytes), conditions.cost).high : pause;
    const seen: Seen = { boundary, conditions, pauseMs: pause, mostMs: Math.max(pause, most), changed };
    this.toStop.see(atMs, pause);
    if (this.toStop.hopeless && pause <= this.worth.maxPauseMs)
      return whenRefused(this.limits, this.toStop.refusal(pause));
    if (isFree) return this.atOnce(seen);
    const overdue = atMs >= this.leastCostMs;
    const likelyMs = likelyPauseMs(remainingBytes, expected);
    this.leastCostMs = Math.min(
      this.leastCostMs,
      atMs + costOf({ waitMs: 0, pauseMs: likelyMs }, this.worth),
    );
    this.leastPauseMs = Math.min(this.leastPauseMs, seen.mostMs);
    if (!this.outlook.knowsGuest && !overdue)
      return {
        action: 'continue',
        memoryIntensive: true,
        reason: `${described(seen)}; a pause of ${formatDuration(pause)} now, but the guest was throttled on the way: the next pass tells what that does`,
      };
    const alone = this.comesByItself(remainingBytes, conditions, overdue || this.switchoversAsked > 0);
    if (alone) return alone;
    const wait = bestWait(remainingBytes, expected, this.worth);
    const braked = this.brakeInstead(seen, wait, overdue);
    if (braked) return braked;
    return seen.mostMs <= this.worth.maxPauseMs && !this.toStop.spent
      ? // A limit that was raised once stays so, and leaves nothing for a longer wait to decide.
        this.nowOrLater(seen, wait, overdue || this.switchoversAsked > 0)
      : this.notNow(seen, wait, overdue);
  }

  /** QEMU judges by its last 100 ms of bandwidth and may refuse a pause that whole passes show to fit. */
  private atOnce(seen: Seen): Decision {
    const acceptedPauseMs = this.toStop.accept(this.worth.freePauseMs);
    const within = `a pause of ${formatDuration(seen.pauseMs)} is within --downtime ${formatDuration(this.limits.downtimeMs)}`;
    return {
      action: 'switchover',
      memoryIntensive: false,
      acceptedPauseMs,
      ...this.reckonedWith(seen, acceptedPauseMs),
      reason:
        acceptedPauseMs > this.worth.freePauseMs
          ? `${within}, which QEMU refused: ${formatDuration(acceptedPauseMs)} is accepted`
          : within,
    };
  }

  /** A guest that converges within `--downtime` is left alone: for good when that is certain, else while waiting pays. */
  private comesByItself(restBytes: number, conditions: Conditions, overdue: boolean): Decision | undefined {
    const { downtimeMs } = this.limits;
    const { freePauseMs } = this.worth;
    const { preCopy, expected } = conditions;
    // By QEMU's own arithmetic, with the fixed cost that was taken off its limit.
    const fixedCostMs = this.initialFixedCostMs;
    const cost = { lineRate: preCopy.bandwidth, fixedCostMs: exactly(fixedCostMs) };
    // What remains is worth no more waiting than what is above the limit.
    const excessMs = expectedPauseMs(restBytes, { ...expected, fixedCostMs }) - freePauseMs;
    const fitsBytes = restBytes - carriedBytes(excessMs, expected.lineBytesPerSecond);
    if (this.approach.takesLonger(fitsBytes, this.worth.exchangeRate * excessMs)) return undefined;
    const certain = convergence(preCopy, cost, exactly(restBytes), freePauseMs).verdict === 'certainly';
    const stop = firstStopWithin(freePauseMs, restBytes, { ...expected, fixedCostMs });
    if (!certain && (overdue || !stop)) return undefined;
    const when = stop ? ` ${afterPasses(stop)}` : '';
    return {
      action: 'continue',
      memoryIntensive: false,
      reason: `${formatBytes(restBytes)} dirty: it ${certain ? 'comes' : 'is expected to come'} within --downtime ${formatDuration(downtimeMs)} by itself${when}`,
    };
  }

  /**
   * A brown-out that costs less than the best stop without one; undefined: there is none, or it is not to be. Once it is
   * overdue neither is waited for: else the brake could be a pass ahead at every boundary, for ever.
   */
  private brakeInstead(seen: Seen, wait: Wait | undefined, overdue: boolean): Decision | undefined {
    if (!this.brakePrice || isBraked(this.throttlePercent)) return undefined;
    if (this.toStop.spent || this.outlook.isUnpriced) return undefined;
    const { boundary, conditions, pauseMs: pause } = seen;
    const { expected } = conditions;
    const mostPasses = overdue ? 0 : undefined;
    const braked = bestBrake(boundary.remainingBytes, expected, this.worth, this.brakePrice, mostPasses);
    if (!braked) return undefined;
    const isAllowed = pause <= this.worth.maxPauseMs;
    const now = isAllowed ? { waitMs: 0, pauseMs: pause } : undefined;
    const unbraked = (overdue ? undefined : wait) ?? now;
    if (unbraked && braked.costMs > BRAKE_PAYS * costOf(unbraked, this.worth)) return undefined;
    const { passes, throttlePercent, brownOutMs, pauseMs } = braked;
    const { exchangeRate } = this.worth;
    const { brownOutPrice } = this.brakePrice;
    const words = `memory-intensive: ${described(seen)}; a pause of ${inWords(seen)} now`;
    const shorter = `braked to ${throttlePercent} % for ${formatDuration(brownOutMs)} one of about ${formatDuration(pauseMs)}`;
    if (passes > 0)
      return {
        action: 'continue',
        memoryIntensive: true,
        reason: `${words}, ${afterPasses(braked)} and ${shorter}: worth the wait`,
      };
    return {
      action: 'throttle',
      memoryIntensive: true,
      throttlePercent,
      fixedCostMs: this.outlook.fixedCostMsWithin(isAllowed ? this.worth.freePauseMs : this.worth.maxPauseMs),
      ...(isAllowed ? { insteadOf: { pauseMs: pause, exchangeRate, brownOutPrice } } : {}),
      reason: `${words}, ${shorter}: worth the brown-out`,
    };
  }

  /** The pause is allowed: is a shorter one worth the wait? */
  private nowOrLater(seen: Seen, wait: Wait | undefined, overdue: boolean): Decision {
    const { boundary, conditions, pauseMs: pause, mostMs } = seen;
    const { maxDowntimeMs } = this.limits;
    const needs = `a pause of ${inWords(seen)}`;
    const calm = overdue
      ? undefined
      : this.calms.worthWaitingFor(boundary.remainingBytes, conditions.expected, this.worth);
    if (calm && !(wait && costOf(wait, this.worth) <= costOf(calm, this.worth)))
      return this.waitUnder(
        calm.pauseMs,
        seen,
        `${described(seen)}; ${needs} now, but calms that need ${formatDuration(calm.pauseMs)} come about every ${formatDuration(calm.waitMs)}: worth the wait`,
      );
    if (!overdue && wait)
      return this.waitUnder(
        wait.limitMs,
        seen,
        `${described(seen)}; ${needs} now, about ${formatDuration(wait.pauseMs)} ${afterPasses(wait)}: worth the wait`,
      );
    this.switchoversAsked += 1;
    const { high } = pauseMs(exactly(boundary.remainingBytes), conditions.cost);
    const acceptedPauseMs = this.toStop.accept(
      Math.max(pause * (1 + PAUSE_MARGIN), Math.min(high, 2 * pause), mostMs),
    );
    return {
      action: 'switchover',
      memoryIntensive: true,
      acceptedPauseMs,
      ...this.reckonedWith(seen, acceptedPauseMs),
      reason: `memory-intensive: ${described(seen)}; ${needs}, within --max-downtime ${formatDuration(maxDowntimeMs)}; ${this.whyNoWait(seen, overdue)}`,
    };
  }

  /** Under that limit QEMU looks as soon as no more than it has room for is unsent, and again every time after. */
  private waitUnder(limitMs: number, seen: Seen, reason: string): Decision {
    const memoryIntensive = limitMs > this.worth.freePauseMs;
    const isSame = Math.abs(limitMs - this.limitInForceMs) <= SAME_LIMIT * limitMs;
    // What QEMU refuses is counted under the limit that it was asked under.
    const isHeld = limitMs < this.limitInForceMs && this.toStop.timesRefused > 0;
    if (isSame || isHeld) return { action: 'continue', memoryIntensive, reason };
    this.toStop.set(limitMs);
    return {
      action: 'set-downtime-limit',
      memoryIntensive,
      downtimeLimitMs: limitMs,
      ...this.reckonedWith(seen, limitMs),
      reason,
    };
  }

  /**
   * The likely figures of the outlook. It takes a while to believe that the link has become slower, so no pause is promised
   * at more than the last passes showed.
   */
  private reckonedWith({ conditions }: Seen, pauseMs: number): ReckonedWith {
    const { lineBytesPerSecond } = conditions.expected;
    const lately = this.latelyBytesPerSecond ?? lineBytesPerSecond;
    const { perWireByte } = this.outlook;
    return {
      lineRateBytesPerSecond: Math.min(lineBytesPerSecond, lately),
      ...(perWireByte > 1 ? { perWireByte } : {}),
      fixedCostMs: this.outlook.fixedCostMsWithin(pauseMs),
    };
  }

  private whyNoWait({ boundary, conditions }: Seen, overdue: boolean): string {
    if (this.switchoversAsked > 1)
      return `asked ${this.switchoversAsked} times by now, since QEMU found more dirty than that`;
    if (overdue) return 'waiting for less has taken as long as it can be worth';
    const { expected } = conditions;
    const { durationMs, restBytes } = expectedPass(boundary.remainingBytes, expected);
    return `another pass of ${formatDuration(durationMs)} would leave about ${formatDuration(expectedPauseMs(restBytes, expected))}`;
  }

  /** The pause is longer than allowed. */
  private notNow(seen: Seen, wait: Wait | undefined, overdue: boolean): Decision {
    const { boundary, conditions, mostMs } = seen;
    const { maxDowntimeMs } = this.limits;
    const over = mostMs > maxDowntimeMs ? 'over' : 'too near to';
    const needs = `a pause of ${inWords(seen)} is needed now, ${over} --max-downtime ${formatDuration(maxDowntimeMs)}`;
    const hopeless = this.hopeless(conditions, boundary.remainingBytes);
    if (hopeless) return hopeless;
    // To give up loses what was sent so far. So it is not given up before it has waited as long as that took; and where
    // a pause nearly fitted not before it has waited as long as a migration begun anew would, which has no better odds.
    this.notNowSinceMs ??= boundary.atMs;
    const waited = boundary.atMs >= 2 * this.notNowSinceMs;
    const nearly = this.limits.overBudget === 'abort' && this.leastPauseMs <= (1 + NEARLY) * maxDowntimeMs;
    const late = nearly ? boundary.atMs >= 2 * this.leastCostMs : overdue;
    const spent = this.toStop.spent || (late && waited);
    if (spent && this.limits.overBudget !== 'leave')
      return this.overBudget(
        this.leastPauseMs,
        `${described(seen)}; ${needs}, and waiting has taken as long as it can be worth`,
        conditions,
        boundary.remainingBytes,
      );
    if (this.outlook.isUnpriced)
      return {
        action: 'continue',
        memoryIntensive: false,
        reason: `${described(seen)}; ${needs}: a whole pass tells what compressing makes of the pages that it writes`,
      };
    // Once any moment is waited for it is: what is expected of passes that end early does not hold well.
    const isLongest = this.limitInForceMs >= this.worth.maxPauseMs;
    if (wait && !isLongest)
      return this.waitUnder(
        wait.limitMs,
        seen,
        `${described(seen)}; ${needs}, about ${formatDuration(wait.pauseMs)} ${afterPasses(wait)}`,
      );
    // A brake loses nothing of what was sent, so it does not wait for certainty.
    if (this.limits.overBudget === 'brake')
      return this.overBudget(
        this.leastPauseMs,
        `${described(seen)}; ${needs}, and no pass is expected to need less`,
        conditions,
        boundary.remainingBytes,
      );
    const waiting = `memory-intensive: ${described(seen)}; ${needs}`;
    const asked = this.limits.overBudget === 'leave' ? '; left running, as asked' : '';
    const wholePassMs = transferMs(boundary.remainingBytes, conditions.expected.bytesPerSecond);
    if (this.earlyEnds.hold(boundary, wholePassMs) && isLongest)
      return this.waitUnder(
        this.worth.freePauseMs,
        seen,
        `${waiting}: passes that end at any moment that fits leave no less, a whole one may${asked}`,
      );
    if (isLongest)
      return {
        action: 'continue',
        memoryIntensive: true,
        reason: `${waiting}: waiting for a moment that fits${asked}`,
      };
    return this.waitUnder(this.worth.maxPauseMs, seen, `${waiting}: any moment that fits will do${asked}`);
  }

  /** Before a pass has confirmed it, and so not for a guest that is known to have phases. */
  private foreseenHopeless(memoryBytes: number, passRate: Estimate): Decision | undefined {
    return this.outlook.hadPhases
      ? undefined
      : this.hopeless(this.outlook.conditionsAt(memoryBytes, passRate), memoryBytes);
  }

  /** What to do as soon as it is certain that no pause allowed is possible; undefined while it is not. */
  private hopeless(conditions: Conditions, restBytes: number): Decision | undefined {
    const { preCopy, cost } = conditions;
    const { maxDowntimeMs } = this.limits;
    const found = convergence(preCopy, cost, exactly(restBytes), maxDowntimeMs);
    if (found.verdict !== 'certainly-not') return undefined;
    const { low, high } = found.fixedPointBytes;
    const measured = Math.max(...preCopy.curve.restsOn.map(({ bytes }) => bytes));
    const neededMs = expectedPauseMs(Math.min(Math.max(measured, low), high), conditions.expected);
    return this.overBudget(
      Math.min(neededMs, this.leastPauseMs),
      `however many passes are made, at least ${formatBytes(low)} are dirty at the end of each: ` +
        `a pause of about ${formatDuration(neededMs)} is needed, over --max-downtime ${formatDuration(maxDowntimeMs)}`,
      conditions,
      restBytes,
    );
  }

  private overBudget(
    neededPauseMs: number,
    why: string,
    { preCopy, cost, behindCap }: Conditions,
    restBytes: number,
  ): Decision {
    const { limits } = this;
    const known = { restBytes, preCopy, cost };
    const unknown = behindCap
      ? '; how much the line carries beyond the cap of the passes is not known, so less may do: state it with --line-rate'
      : '';
    const fixedCostMs = this.outlook.fixedCostMsWithin(limits.maxDowntimeMs);
    const reason = `memory-intensive: ${why}${unknown}`;
    return whenOverBudget({ limits, neededPauseMs, reason, known, fixedCostMs });
  }
}

interface Seen {
  readonly boundary: MeasuredBoundary;
  readonly conditions: Conditions;
  readonly pauseMs: number;
  /** The same where the pages that the guest writes do not compress, as long as that is not known. */
  readonly mostMs: number;
  readonly changed: PhaseChange | undefined;
}

function inWords({ pauseMs: pause, mostMs }: Seen): string {
  const least = formatDuration(pause);
  return mostMs > pause
    ? `${least}, or up to ${formatDuration(mostMs)} as far as what it writes does not compress`
    : least;
}

function described({ boundary, changed }: Seen): string {
  const dirty = `${formatBytes(boundary.remainingBytes)} dirty`;
  if (!changed) return dirty;
  const { low, high } = changed.expectedBytes;
  return `${dirty} where ${formatBytes(low)} to ${formatBytes(high)} were expected: the guest changed`;
}

function afterPasses({ passes, waitMs }: Pick<Stop, 'passes' | 'waitMs'>): string {
  return `after ${passes} more ${passes === 1 ? 'pass' : 'passes'} (${formatDuration(waitMs)})`;
}
