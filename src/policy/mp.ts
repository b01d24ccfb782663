/**
 * MP (Memory Pattern): tell from the shape of the passes whether the guest is memory-intensive, and if it
 * is, stop early. The idea is Chao Wei's (thesis, National Central University, 2018); its rule and
 * thresholds are not public, so this is our reading of it. `docs/mp.md` says which part is whose.
 *
 * With r(n) the memory dirty at boundary n, the dirty set "shrinks" at n when
 *
 *     r(n) <= (1 - minShrink) x min(r(2) .. r(n-1))
 *
 * that is, when it beats the best boundary so far by at least `minShrink`. The guest is memory-intensive
 * once `confirmingPasses` boundaries did not shrink and the pause it needs is over `downtimeMs`. Comparing
 * with the best, not with the last, makes every migration end: r(n) can beat its record by 10 % only
 * ln(total / threshold) / -ln(0.9) times. Boundaries are comparable with each other, which mid-pass values
 * are not (the mistake of Nova's removed low-watermark timer, OpenStack bug 1644248).
 */
import { FixedCost } from '../model/fixed-cost.ts';
import { type Foreknowledge, NOTHING_KNOWN } from '../model/foreknowledge.ts';
import type { MeasuredBoundary } from '../model/observation.ts';
import { forecastPauseMs } from '../model/passes.ts';
import { aimedPauseMs, fixedCostMsWithin } from '../model/pause-room.ts';
import { formatBytes, formatDuration, formatRate } from '../model/units.ts';
import { AskToStop, PATIENCE_BOUNDARIES } from './ask-to-stop.ts';
import { asThePassTold, whenOverBudget, whenRefused } from './over-budget.ts';
import type { Decision, Limits, Policy, PolicyKind, ReckonedWith } from './policy.ts';

export interface MpParameters {
  /**
   * A boundary must beat the best so far by this fraction to count as shrinking. QEMU ends a pass while up to
   * bandwidth x downtime-limit is still unsent, so the first boundary of a guest with a fixed working set reads
   * high: 144 MB instead of 134 MB on the lab's link. A smaller fraction takes that for shrinking.
   */
  readonly minShrink: number;
  /** How many boundaries that do not shrink make the guest memory-intensive. */
  readonly confirmingPasses: number;
  /** Room given above the forecast pause, as a fraction: the dirty set and the link's rate both waver. */
  readonly pauseMargin: number;
  /**
   * How many boundaries to try for a moment that QEMU takes: when its own last sync finds more than was
   * accepted, or when the pause fits only at calmer boundaries, one of which was already seen.
   */
  readonly patiencePasses: number;
}

export const MP_DEFAULTS: MpParameters = {
  minShrink: 0.1,
  confirmingPasses: 1,
  pauseMargin: 0.25,
  patiencePasses: PATIENCE_BOUNDARIES,
};

export function mp(parameters: Partial<MpParameters> = {}): PolicyKind {
  const chosen = { ...MP_DEFAULTS, ...parameters };
  return {
    name: 'mp',
    summary: 'stops early once the dirty set no longer shrinks (Memory Pattern)',
    begin: (limits, known = NOTHING_KNOWN) => new MemoryPattern(chosen, limits, known),
  };
}

class MemoryPattern implements Policy {
  readonly initialDowntimeLimitMs: number;
  readonly initialFixedCostMs: number;
  private readonly parameters: MpParameters;
  private readonly limits: Limits;
  private readonly toStop: AskToStop;
  /** The longest pause that is aimed at. */
  private readonly maxPauseMs: number;
  /** The likely fixed cost of a switchover whose pause is that long. */
  private readonly maxFixedCostMs: number;
  /** The least memory dirty at any boundary since the first pass ended. */
  private leastRemainingBytes = Number.POSITIVE_INFINITY;
  private flatPasses = 0;
  /** Boundaries since the guest was first found memory-intensive. */
  private waitedPasses = 0;

  constructor(parameters: MpParameters, limits: Limits, known: Foreknowledge) {
    this.parameters = parameters;
    this.limits = limits;
    const cost = FixedCost.of(known);
    this.toStop = new AskToStop(limits, cost, parameters.patiencePasses);
    this.maxPauseMs = aimedPauseMs(limits.maxDowntimeMs, cost);
    this.maxFixedCostMs = fixedCostMsWithin(limits.maxDowntimeMs, cost);
    this.initialDowntimeLimitMs = Math.min(limits.downtimeMs, this.maxPauseMs);
    this.initialFixedCostMs = fixedCostMsWithin(this.initialDowntimeLimitMs, cost);
  }

  takePast(): void {
    this.toStop.forget();
    this.waitedPasses = 0;
  }

  observe(observation: Parameters<Policy['observe']>[0]): Decision {
    if (observation.kind === 'tick')
      return { action: 'continue', reason: 'decisions are made at boundaries' };
    const { ended, remainingBytes, lineRateBytesPerSecond: lineRate } = observation;
    if (ended === undefined || lineRate === undefined) {
      const reason =
        observation.pass === 1 ? 'the first pass begins' : 'the first pass that is seen whole begins';
      return { action: 'continue', memoryIntensive: false, reason };
    }

    // Of a short limit less is kept back for the fixed cost.
    const freePauseMs = forecastPauseMs(remainingBytes, lineRate, this.initialFixedCostMs);
    const isFree = freePauseMs <= this.initialDowntimeLimitMs;
    const { maxFixedCostMs } = this;
    const pauseMs = isFree ? freePauseMs : forecastPauseMs(remainingBytes, lineRate, maxFixedCostMs);
    if (this.toStop.see(observation.atMs, pauseMs)) this.waitedPasses = 0;
    if (this.toStop.hopeless && pauseMs <= this.maxPauseMs)
      return whenRefused(this.limits, this.toStop.refusal(pauseMs));
    const best = this.leastRemainingBytes;
    const shrinks = remainingBytes <= (1 - this.parameters.minShrink) * best;
    this.leastRemainingBytes = Math.min(best, remainingBytes);
    if (shrinks) {
      this.flatPasses = 0;
      return { action: 'continue', memoryIntensive: false, reason: shrinkingReason(observation, best) };
    }

    this.flatPasses += 1;
    if (this.flatPasses < this.parameters.confirmingPasses)
      return {
        action: 'continue',
        memoryIntensive: false,
        reason: `${flatReason(observation, best)}; flat pass ${this.flatPasses} of ${this.parameters.confirmingPasses} needed`,
      };
    const reckoned = { lineRateBytesPerSecond: lineRate, fixedCostMs: maxFixedCostMs };
    return isFree
      ? this.atOnce(pauseMs, reckoned)
      : this.endMemoryIntensive(observation, pauseMs, reckoned, flatReason(observation, best));
  }

  /** QEMU judges by its last 100 ms of bandwidth and may refuse a pause that whole passes show to fit. */
  private atOnce(pauseMs: number, reckoned: ReckonedWith): Decision {
    const acceptedPauseMs = this.toStop.accept(this.initialDowntimeLimitMs);
    const within = `a pause of ${formatDuration(pauseMs)} is within --downtime ${formatDuration(this.limits.downtimeMs)}`;
    return {
      action: 'switchover',
      memoryIntensive: false,
      acceptedPauseMs,
      ...reckoned,
      ...(acceptedPauseMs > this.initialDowntimeLimitMs ? {} : { fixedCostMs: this.initialFixedCostMs }),
      reason:
        acceptedPauseMs > this.initialDowntimeLimitMs
          ? `${within}, which QEMU refused: ${formatDuration(acceptedPauseMs)} is accepted`
          : within,
    };
  }

  private endMemoryIntensive(
    boundary: MeasuredBoundary,
    pauseMs: number,
    reckoned: ReckonedWith,
    why: string,
  ): Decision {
    const { maxDowntimeMs } = this.limits;
    const needs = `a pause of ${formatDuration(pauseMs)} is needed`;
    // What is to be left running may calm down whenever it likes.
    const leave = this.limits.overBudget === 'leave';
    const patient = leave || this.waitedPasses < this.parameters.patiencePasses;
    this.waitedPasses += 1;
    if (pauseMs <= maxDowntimeMs && !this.toStop.spent)
      return {
        action: 'switchover',
        memoryIntensive: true,
        acceptedPauseMs: this.toStop.accept(pauseMs * (1 + this.parameters.pauseMargin)),
        ...reckoned,
        reason: `memory-intensive: ${why}; ${needs}, within --max-downtime ${formatDuration(maxDowntimeMs)}`,
      };

    // QEMU has it now as it is to be left, and may stop the guest whenever that fits.
    if (pauseMs <= maxDowntimeMs && leave)
      return this.letItStop(
        reckoned,
        `memory-intensive: ${why}; ${needs}, and QEMU has not taken it: left running, as asked, until it does`,
      );

    const leastPauseMs =
      reckoned.fixedCostMs +
      (pauseMs - reckoned.fixedCostMs) * (this.leastRemainingBytes / boundary.remainingBytes);
    if (leastPauseMs <= maxDowntimeMs && patient)
      return this.letItStop(
        reckoned,
        `memory-intensive: ${why}; ${needs} now, but an earlier pass needed only ${formatDuration(leastPauseMs)}: ` +
          `waiting for such a calm (${this.waitedPasses} of ${this.parameters.patiencePasses})`,
      );

    const over = patient
      ? `${needs}, over --max-downtime ${formatDuration(maxDowntimeMs)}`
      : `no moment within --max-downtime ${formatDuration(maxDowntimeMs)} came in ${this.parameters.patiencePasses} passes`;
    return whenOverBudget({
      limits: this.limits,
      neededPauseMs: patient ? leastPauseMs : pauseMs,
      reason: `memory-intensive: ${why}; ${over}`,
      known: asThePassTold(boundary, reckoned.fixedCostMs),
    });
  }

  /** Whenever what is left fits the longest pause that is aimed at. */
  private letItStop(reckoned: ReckonedWith, reason: string): Decision {
    this.toStop.set(this.maxPauseMs);
    return {
      action: 'set-downtime-limit',
      memoryIntensive: true,
      downtimeLimitMs: this.maxPauseMs,
      ...reckoned,
      reason,
    };
  }
}

function shrinkingReason(boundary: MeasuredBoundary, best: number): string {
  const left = formatBytes(boundary.remainingBytes);
  if (!Number.isFinite(best)) return `the first whole pass ended with ${left} dirty`;
  const percent = Math.round((1 - boundary.remainingBytes / best) * 100);
  return `the dirty set shrinks: ${left}, ${percent} % below the best pass so far`;
}

function flatReason(boundary: MeasuredBoundary, best: number): string {
  const rates = boundary.ended
    ? ` (dirtied at ${formatRate(boundary.ended.dirtyRateBytesPerSecond)}, sent at ${formatRate(boundary.ended.bandwidthBytesPerSecond)})`
    : '';
  return `the dirty set does not shrink: ${formatBytes(boundary.remainingBytes)} after ${formatBytes(best)}${rates}`;
}
