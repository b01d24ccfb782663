/**
 * What is done from the moment at which a brake was asked for, whichever policy asked: the supervisor follows this
 * one from there on.
 *
 * QEMU looks whether it may stop when less than bandwidth x downtime-limit is unsent, and then needs that rest
 * *and* what was dirtied meanwhile to fit the same limit: with a limit that stays as it is, a pass ends with the
 * limit used up already. So the limit is held as low as can be while a braked pass is sent, and raised when nearly
 * all of it is: then nearly all of the limit is there for what the braked guest has dirtied.
 *
 *     waiting ──the hypervisor throttles──▶ braked: limit low ──nearly all sent──▶ limit raised ──▶ QEMU stops
 *      │                                              ▲──────────next boundary──────────┘
 *      └──it does not, for long──▶ abort
 */
import { isBraked, MOST_THROTTLE_PERCENT } from '../model/braking.ts';
import { FixedCost } from '../model/fixed-cost.ts';
import type { Observation } from '../model/observation.ts';
import { aimedPauseMs, fixedCostMsWithin } from '../model/pause-room.ts';
import { carriedBytes } from '../model/transfer.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import { costOf } from '../model/worthwhile.ts';
import { AskToStop } from './ask-to-stop.ts';
import type { Decision, Limits, Policy, ReckonedWith, SparedPause } from './policy.ts';

/**
 * How much of `maxDowntimeMs` is used. The bandwidth of the switchover is not exactly that of the passes: the tenth
 * that is kept back holds the promise.
 */
const USED_SHARE = 0.9;

/** So early before a pass ends is the limit raised: QEMU takes it up within 100 ms, and samples come every 50 ms. */
const AHEAD_MS = 150;

/** QEMU needs two syncs more than a second apart to throttle; so many boundaries are two such, or there is no need. */
const BITES_WITHIN_PASSES = 4;

/** The pause that a braked guest has to fit, in milliseconds. */
export function brakedPauseMs({ downtimeMs, maxDowntimeMs }: Limits): number {
  return Math.max(Math.min(downtimeMs, maxDowntimeMs), USED_SHARE * maxDowntimeMs);
}

/** What may still be unsent of a pass when QEMU is let to look. @returns milliseconds of sending */
export function unsentAheadMs(limits: Limits): number {
  return Math.min(AHEAD_MS, brakedPauseMs(limits) / 2);
}

/** A braked pass that leaves this share of what the one before left did not help. */
const NO_HELP = 0.7;

interface Asked {
  readonly atMs: number;
  readonly throttlePercent: number;
  /** The brake is there to spare the guest this pause, which is allowed: so where it does not, the longest allowed may be taken. */
  readonly insteadOf?: SparedPause | undefined;
  /** Of the switchover, beside the memory, in milliseconds; undefined: as it is assumed. */
  readonly fixedCostMs?: number | undefined;
}

export class Braked implements Policy {
  readonly initialDowntimeLimitMs: number;
  /** With the pause that the brake aims at as the longest. */
  private readonly limits: Limits;
  private readonly longestPauseMs: number;
  /** That the rest has to fit, so that it does where the switchover's fixed cost is high too. */
  private readonly pauseMs: number;
  private readonly askedMs: number;
  private readonly lineRateBytesPerSecond: number;
  private readonly reckoned: ReckonedWith;
  private readonly toStop: AskToStop;
  private readonly insteadOf: SparedPause | undefined;
  private percent: number;
  /** Told again to brake as hard as can be, since that left as much as before. */
  private insisted = false;
  /** What the last boundary found; before one since the brake was asked for, what was unsent then. */
  private lastRestBytes: number | undefined;
  private boundaries = 0;
  /** Boundaries that ended a pass which was braked as a whole. */
  private brakedPasses = -1;
  private limit: 'as it was' | 'low' | 'raised' = 'as it was';
  /** QEMU was asked to stop the guest as it is, until the next boundary. */
  private stopping = false;

  /**
   * @param lineRateBytesPerSecond as it was before the guest was braked; 0 where it is not known
   * @param cost of the switchover, beside the memory
   */
  constructor(limits: Limits, asked: Asked, lineRateBytesPerSecond: number, cost = FixedCost.assumed) {
    const { downtimeMs, maxDowntimeMs } = limits;
    const aimedMs = asked.insteadOf ? Math.min(downtimeMs, maxDowntimeMs) : maxDowntimeMs;
    this.limits = { ...limits, maxDowntimeMs: aimedMs };
    this.longestPauseMs = maxDowntimeMs;
    this.initialDowntimeLimitMs = limits.downtimeMs;
    this.askedMs = asked.atMs;
    this.percent = asked.throttlePercent;
    this.insteadOf = asked.insteadOf;
    this.lineRateBytesPerSecond = lineRateBytesPerSecond;
    this.toStop = new AskToStop(limits, cost);
    this.pauseMs = Math.min(brakedPauseMs(this.limits), aimedPauseMs(maxDowntimeMs, cost));
    this.reckoned = {
      lineRateBytesPerSecond: lineRateBytesPerSecond || undefined,
      fixedCostMs: asked.fixedCostMs ?? fixedCostMsWithin(aimedMs, cost),
    };
  }

  observe(observation: Observation): Decision {
    const braked = isBraked(observation.throttlePercent);
    if (observation.kind === 'boundary') {
      this.boundaries += 1;
      if (braked || this.brakedPasses >= 0) this.brakedPasses += 1;
    } else if (braked && this.brakedPasses < 0) this.brakedPasses = 0;
    if (this.brakedPasses < 0) return this.wait(observation);
    const asItIs = this.stopAsItIs(observation);
    if (asItIs) return asItIs;

    if (observation.kind === 'boundary' && this.brakedPasses > 0 && this.percent < MOST_THROTTLE_PERCENT) {
      const before = this.percent;
      this.percent = MOST_THROTTLE_PERCENT;
      return {
        action: 'throttle',
        throttlePercent: MOST_THROTTLE_PERCENT,
        reason: `${formatBytes(observation.remainingBytes)} are left at ${before} %: braking as hard as can be`,
      };
    }
    return this.insist(observation) ?? this.steer(observation);
  }

  /** Where the guest may be stopped as it is, another braked pass has to be worth its brown-out. */
  private stopAsItIs(observation: Observation): Decision | undefined {
    if (observation.kind === 'tick')
      return this.stopping ? { action: 'continue', reason: 'QEMU may stop the guest' } : undefined;
    this.stopping = false;
    const { insteadOf, longestPauseMs } = this;
    if (insteadOf === undefined || this.brakedPasses < 1) return undefined;
    const { remainingBytes, pauseForecastMs } = observation;
    const before = this.lastRestBytes ?? remainingBytes;
    if (pauseForecastMs === undefined || pauseForecastMs > longestPauseMs) return undefined;
    if (this.anotherPays(insteadOf, pauseForecastMs, remainingBytes / before)) return undefined;
    this.lastRestBytes = remainingBytes;
    return this.stopNow(
      `${formatBytes(remainingBytes)} are left by a braked pass of ${formatBytes(before)}: a pause of ${formatDuration(pauseForecastMs)} now, and another braked pass is not worth its brown-out`,
    );
  }

  /** It takes as long as the pause, and leaves as much of it as the last one left. */
  private anotherPays(
    { exchangeRate, brownOutPrice }: SparedPause,
    pauseMs: number,
    leaves: number,
  ): boolean {
    const worth = { exchangeRate, freePauseMs: this.limits.downtimeMs };
    const brownOutMs = pauseMs - this.reckoned.fixedCostMs;
    const brownOutCost = brownOutMs * (1 + (brownOutPrice * this.percent) / 100);
    const after = costOf({ waitMs: 0, pauseMs: leaves * brownOutMs + this.reckoned.fixedCostMs }, worth);
    return brownOutCost + after < costOf({ waitMs: 0, pauseMs }, worth);
  }

  private stopNow(reason: string): Decision {
    this.stopping = true;
    this.limit = 'as it was';
    return {
      action: 'switchover',
      acceptedPauseMs: this.toStop.accept(this.longestPauseMs),
      ...this.reckoned,
      reason,
    };
  }

  /**
   * A hypervisor may have another lever beside the one that did not do: it is told once more. Not where so little is left that
   * the guest may stop: a vCPU that sleeps in QEMU's own throttle keeps its last sync waiting for up to a second (measured).
   */
  private insist({ kind, remainingBytes }: Observation): Decision | undefined {
    const before = this.lastRestBytes ?? remainingBytes;
    this.lastRestBytes ??= remainingBytes;
    if (kind !== 'boundary') return undefined;
    this.lastRestBytes = remainingBytes;
    if (this.insisted || this.brakedPasses < 1 || remainingBytes < NO_HELP * before) return undefined;
    if (this.fits(remainingBytes)) return undefined;
    this.insisted = true;
    return {
      action: 'throttle',
      throttlePercent: MOST_THROTTLE_PERCENT,
      reason: `${formatBytes(remainingBytes)} are left, as before: braking by every means`,
    };
  }

  private fits(bytes: number): boolean {
    return bytes <= carriedBytes(this.pauseMs - this.reckoned.fixedCostMs, this.lineRateBytesPerSecond);
  }

  private steer({ kind, remainingBytes }: Observation): Decision {
    const aheadBytes = carriedBytes(unsentAheadMs(this.limits), this.lineRateBytesPerSecond);
    const wanted = remainingBytes <= aheadBytes ? 'raised' : 'low';
    const left = `${formatBytes(remainingBytes)} of the braked pass are left to send`;
    if (wanted === this.limit)
      return { action: 'continue', reason: kind === 'boundary' ? left : 'the braked pass goes on' };
    this.limit = wanted;
    if (wanted === 'low')
      return { action: 'set-downtime-limit', downtimeLimitMs: 1, ...this.reckoned, reason: left };
    const { pauseMs } = this;
    return {
      action: 'set-downtime-limit',
      downtimeLimitMs: pauseMs,
      ...this.reckoned,
      reason: `${left}: the guest may stop if that and what it dirtied meanwhile fit ${formatDuration(pauseMs)}`,
    };
  }

  private wait(observation: Observation): Decision {
    if (observation.kind === 'tick') return { action: 'continue', reason: 'the brake does not bite yet' };
    const { pauseForecastMs } = observation;
    const { maxDowntimeMs, brakeForMs } = this.limits;
    if (pauseForecastMs !== undefined) this.toStop.see(observation.atMs, pauseForecastMs);
    if (pauseForecastMs !== undefined && this.toStop.hopeless)
      return { action: 'abort', ...this.toStop.refusal(pauseForecastMs) };
    const mayAsk = !this.toStop.spent;
    if (pauseForecastMs !== undefined && pauseForecastMs <= maxDowntimeMs && mayAsk)
      return {
        action: 'switchover',
        acceptedPauseMs: this.toStop.accept(maxDowntimeMs),
        lineRateBytesPerSecond: observation.lineRateBytesPerSecond,
        fixedCostMs: this.reckoned.fixedCostMs,
        reason: `before the brake bites a pause of ${formatDuration(pauseForecastMs)} is within --max-downtime ${formatDuration(maxDowntimeMs)}`,
      };
    if (this.boundaries >= BITES_WITHIN_PASSES && this.insteadOf !== undefined && mayAsk)
      return this.stopNow('the brake does not bite');
    if (this.boundaries >= BITES_WITHIN_PASSES && observation.atMs - this.askedMs >= brakeForMs)
      return {
        action: 'abort',
        neededPauseMs: pauseForecastMs,
        reason: `the hypervisor was told to brake the guest ${formatDuration(observation.atMs - this.askedMs)} ago and does not`,
      };
    return { action: 'continue', reason: 'the brake bites at the next pass or at the one after' };
  }
}
