/**
 * What is to be done once a policy finds that no pause within `maxDowntimeMs` is possible: the same for every
 * policy, as the user's `--over-budget` says. Pure. What follows a `throttle` is {@link Braked}'s to decide.
 */
import { braking, MOST_THROTTLE_PERCENT } from '../model/braking.ts';
import { DirtyCurve } from '../model/dirty-curve.ts';
import { exactly } from '../model/interval.ts';
import type { MeasuredBoundary } from '../model/observation.ts';
import { SWITCHOVER_FIXED_COST_MS } from '../model/passes.ts';
import type { PreCopy } from '../model/pre-copy.ts';
import { restWithinPause, type SwitchoverCost } from '../model/switchover-pause.ts';
import { formatDuration } from '../model/units.ts';
import type { Refusal } from './ask-to-stop.ts';
import { brakedPauseMs, unsentAheadMs } from './braked.ts';
import type { Decision, Limits } from './policy.ts';

export interface OverBudget {
  readonly limits: Limits;
  /** The least pause that is possible; undefined where that is not known. */
  readonly neededPauseMs: number | undefined;
  /** Why no pause within the limits is possible, in words that something can follow. */
  readonly reason: string;
  /** Undefined: a brake is then as strong as can be. */
  readonly known: GuestAndLink | undefined;
  /** The likely cost of a switchover beside the memory; left out: as it is assumed. */
  readonly fixedCostMs?: number | undefined;
}

/** What the strength of a brake is worked out from. */
export interface GuestAndLink {
  /** What this boundary found dirty. */
  readonly restBytes: number;
  readonly preCopy: PreCopy;
  readonly cost: SwitchoverCost;
}

export function whenOverBudget(over: OverBudget): Decision {
  const { limits, neededPauseMs, reason } = over;
  switch (limits.overBudget) {
    case 'post-copy':
      return {
        action: 'post-copy',
        memoryIntensive: true,
        reason: `${reason}; going on by post-copy as asked`,
      };
    case 'leave':
      return { action: 'continue', memoryIntensive: true, reason: `${reason}; left running, as asked` };
    case 'abort':
      return { action: 'abort', memoryIntensive: true, neededPauseMs, reason };
    case 'brake':
      return brake(over);
  }
}

/** What is done once QEMU has refused all that is allowed although the memory fits: a brake would not help. */
export function whenRefused(limits: Limits, { neededPauseMs, reason }: Refusal): Decision {
  const overBudget = limits.overBudget === 'brake' ? 'abort' : limits.overBudget;
  return whenOverBudget({ limits: { ...limits, overBudget }, neededPauseMs, reason, known: undefined });
}

/** As the pass that this boundary ends told, for policies that remember no more. */
export function asThePassTold(
  boundary: MeasuredBoundary,
  fixedCostMs = SWITCHOVER_FIXED_COST_MS,
): GuestAndLink | undefined {
  const { ended, remainingBytes, totalBytes, lineRateBytesPerSecond } = boundary;
  if (!ended || lineRateBytesPerSecond === undefined) return undefined;
  const { durationMs, bandwidthBytesPerSecond } = ended;
  return {
    restBytes: remainingBytes,
    preCopy: {
      curve: DirtyCurve.unobserved(totalBytes).observe({ durationMs, bytes: remainingBytes }).curve,
      bandwidth: exactly(bandwidthBytesPerSecond),
    },
    cost: { lineRate: exactly(lineRateBytesPerSecond), fixedCostMs: exactly(fixedCostMs) },
  };
}

function brake({ limits, neededPauseMs, reason, known, fixedCostMs }: OverBudget): Decision {
  const throttle = (throttlePercent: number, why: string): Decision => ({
    action: 'throttle',
    memoryIntensive: true,
    throttlePercent,
    ...(fixedCostMs === undefined ? {} : { fixedCostMs }),
    reason: `${reason}; ${why}`,
  });
  if (!known) return throttle(MOST_THROTTLE_PERCENT, 'braking as hard as can be');

  const { preCopy, cost, restBytes } = known;
  const fits = restWithinPause(brakedPauseMs(limits) - unsentAheadMs(limits), cost);
  const verdict = braking(preCopy, exactly(restBytes), fits, limits.brakeForMs);
  if (verdict.possible)
    return throttle(
      verdict.percent,
      `braking to ${verdict.percent} %, which ${verdict.proven ? 'is enough' : 'may be enough'}: ` +
        `about ${formatDuration(verdict.brownOutMs.high)} of brown-out`,
    );
  return {
    action: 'abort',
    memoryIntensive: true,
    neededPauseMs,
    reason: `${reason}; ${
      verdict.brownOutMs
        ? `a brake would have to hold for ${formatDuration(verdict.brownOutMs.low)}, longer than --brake-for ${formatDuration(limits.brakeForMs)}`
        : `a brake of ${MOST_THROTTLE_PERCENT} % would not make it fit either`
    }`,
  };
}
