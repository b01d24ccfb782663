import type { BrakeLevers, StartOptions } from '../hypervisor/hypervisor.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import { aimedPauseMs, assumedFixedCostMs } from '../model/pause-room.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';

/**
 * How a migration under this policy and within these limits begins.
 * @param probeMs how long the guest is probed once it has begun; undefined: not then
 * @param known what earlier migrations taught of the switchover's fixed cost, which the first limit includes
 */
export function startOptionsOf(
  kind: PolicyKind,
  limits: Limits,
  force: boolean,
  probeMs?: number,
  known?: Foreknowledge,
): StartOptions {
  const { initialDowntimeLimitMs, initialFixedCostMs } = kind.begin(limits, known);
  return {
    force,
    postCopy: limits.overBudget === 'post-copy',
    brake: brakeLevers(limits),
    ...initialLimit(initialDowntimeLimitMs, initialFixedCostMs, limits.maxDowntimeMs),
    bandwidthBytesPerSecond: limits.bandwidthBytesPerSecond,
    lineRateBytesPerSecond: limits.lineRateBytesPerSecond,
    probeMs,
  };
}

/** A limit of QEMU's own is left as it is only where even the switchover's fixed cost keeps the pause within the user's. */
function initialLimit(
  limitMs: number,
  fixedCostMs: number | undefined,
  maxDowntimeMs: number,
): Pick<StartOptions, 'downtimeLimitMs' | 'fixedCostMs'> {
  const assumedMs = assumedFixedCostMs(maxDowntimeMs);
  if (fixedCostMs === undefined && limitMs + assumedMs <= maxDowntimeMs)
    return { downtimeLimitMs: limitMs, fixedCostMs: 0 };
  return {
    downtimeLimitMs: Math.min(limitMs, aimedPauseMs(maxDowntimeMs)),
    fixedCostMs: fixedCostMs ?? assumedMs,
  };
}

export function brakeLevers({ overBudget, brake }: Limits): BrakeLevers {
  if (overBudget === 'brake') return 'any';
  return brake === 'when-it-pays' ? 'at-once' : 'none';
}
