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
import type { MeasuredBoundary } from '../model/observation.ts';
import { SWITCHOVER_FIXED_COST_MS } from '../model/passes.ts';
import { formatBytes, formatDuration, formatRate } from '../model/units.ts';
import { asThePassTold, whenOverBudget } from './over-budget.ts';
import type { Decision, Limits, Policy, PolicyKind } from './policy.ts';

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
  patiencePasses: 8,
};

export function mp(parameters: Partial<MpParameters> = {}): PolicyKind {
  const chosen = { ...MP_DEFAULTS, ...parameters };
  return {
    name: 'mp',
    summary: 'stops early once the dirty set no longer shrinks (Memory Pattern)',
    begin: (limits) => new MemoryPattern(chosen, limits),
  };
}

class MemoryPattern implements Policy {
  readonly initialDowntimeLimitMs: number;
  private readonly parameters: MpParameters;
  private readonly limits: Limits;
  /** The least memory dirty at any boundary since the first pass ended. */
  private leastRemainingBytes = Number.POSITIVE_INFINITY;
  private flatPasses = 0;
  /** Boundaries since the guest was first found memory-intensive. */
  private waitedPasses = 0;

  constructor(parameters: MpParameters, limits: Limits) {
    this.parameters = parameters;
    this.limits = limits;
    this.initialDowntimeLimitMs = limits.downtimeMs;
  }

  observe(observation: Parameters<Policy['observe']>[0]): Decision {
    if (observation.kind === 'tick')
      return { action: 'continue', reason: 'decisions are made at boundaries' };
    const { ended, pauseForecastMs } = observation;
    if (ended === undefined || pauseForecastMs === undefined) {
      const reason =
        observation.pass === 1 ? 'the first pass begins' : 'the first pass that is seen whole begins';
      return { action: 'continue', memoryIntensive: false, reason };
    }

    const best = this.leastRemainingBytes;
    const shrinks = observation.remainingBytes <= (1 - this.parameters.minShrink) * best;
    this.leastRemainingBytes = Math.min(best, observation.remainingBytes);
    if (shrinks) {
      this.flatPasses = 0;
      return { action: 'continue', memoryIntensive: false, reason: shrinkingReason(observation, best) };
    }

    this.flatPasses += 1;
    const fitsDowntime = pauseForecastMs <= this.limits.downtimeMs;
    if (this.flatPasses < this.parameters.confirmingPasses)
      return {
        action: 'continue',
        memoryIntensive: false,
        reason: `${flatReason(observation, best)}; flat pass ${this.flatPasses} of ${this.parameters.confirmingPasses} needed`,
      };
    if (fitsDowntime)
      // QEMU judges by its last 100 ms of bandwidth and may refuse a pause that whole passes show to fit.
      return {
        action: 'switchover',
        memoryIntensive: false,
        acceptedPauseMs: this.limits.downtimeMs,
        reason: `a pause of ${formatDuration(pauseForecastMs)} is within --downtime ${formatDuration(this.limits.downtimeMs)}`,
      };
    return this.endMemoryIntensive(observation, pauseForecastMs, flatReason(observation, best));
  }

  private endMemoryIntensive(boundary: MeasuredBoundary, pauseMs: number, why: string): Decision {
    const { maxDowntimeMs } = this.limits;
    const needs = `a pause of ${formatDuration(pauseMs)} is needed`;
    // What is to be left running may calm down whenever it likes.
    const patient = this.limits.overBudget === 'leave' || this.waitedPasses < this.parameters.patiencePasses;
    this.waitedPasses += 1;
    if (pauseMs <= maxDowntimeMs && patient)
      return {
        action: 'switchover',
        memoryIntensive: true,
        acceptedPauseMs: Math.min(pauseMs * (1 + this.parameters.pauseMargin), maxDowntimeMs),
        reason: `memory-intensive: ${why}; ${needs}, within --max-downtime ${formatDuration(maxDowntimeMs)}`,
      };

    const leastPauseMs = pauseFor(this.leastRemainingBytes, boundary, pauseMs);
    if (leastPauseMs <= maxDowntimeMs && patient)
      return {
        action: 'set-downtime-limit',
        memoryIntensive: true,
        downtimeLimitMs: maxDowntimeMs,
        reason:
          `memory-intensive: ${why}; ${needs} now, but an earlier pass needed only ${formatDuration(leastPauseMs)}: ` +
          `waiting for such a calm (${this.waitedPasses} of ${this.parameters.patiencePasses})`,
      };

    const over = patient
      ? `${needs}, over --max-downtime ${formatDuration(maxDowntimeMs)}`
      : `no moment within --max-downtime ${formatDuration(maxDowntimeMs)} came in ${this.parameters.patiencePasses} passes`;
    return whenOverBudget({
      limits: this.limits,
      neededPauseMs: patient ? leastPauseMs : pauseMs,
      reason: `memory-intensive: ${why}; ${over}`,
      known: asThePassTold(boundary),
    });
  }
}

/** The pause that `bytes` would need at the rate of a forecast made for the whole rest. */
function pauseFor(bytes: number, boundary: MeasuredBoundary, pauseMs: number): number {
  return SWITCHOVER_FIXED_COST_MS + (pauseMs - SWITCHOVER_FIXED_COST_MS) * (bytes / boundary.remainingBytes);
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
