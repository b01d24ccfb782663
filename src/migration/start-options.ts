import type { BrakeLevers, StartOptions } from '../hypervisor/hypervisor.ts';
import { FixedCost } from '../model/fixed-cost.ts';
import { type Foreknowledge, NOTHING_KNOWN } from '../model/foreknowledge.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';
import { limitAsItIs, pauseWithin } from './pause-request.ts';

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
  known: Foreknowledge = NOTHING_KNOWN,
): Omit<StartOptions, 'meant'> {
  const { initialDowntimeLimitMs, initialFixedCostMs } = kind.begin(limits, known);
  return {
    force,
    postCopy: limits.overBudget === 'post-copy',
    brake: brakeLevers(limits),
    ...initialLimit(initialDowntimeLimitMs, initialFixedCostMs, limits.maxDowntimeMs, FixedCost.of(known)),
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
  cost: FixedCost,
): Pick<StartOptions, 'downtimeLimitMs' | 'fixedCostMs'> {
  if (fixedCostMs !== undefined)
    return { downtimeLimitMs: pauseWithin(maxDowntimeMs, cost, limitMs, fixedCostMs), fixedCostMs };
  const asItIs = limitAsItIs(limitMs, maxDowntimeMs, cost);
  return { downtimeLimitMs: asItIs.pauseMs, fixedCostMs: asItIs.asIs ? 0 : asItIs.fixedCostMs };
}

export function brakeLevers({ overBudget, brake }: Limits): BrakeLevers {
  if (overBudget === 'brake') return 'any';
  return brake === 'when-it-pays' ? 'at-once' : 'none';
}
