import type { StartOptions } from '../hypervisor/hypervisor.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';

/**
 * How a migration under this policy and within these limits begins.
 * @param probeMs how long the guest is probed once it has begun; undefined: not then
 */
export function startOptionsOf(
  kind: PolicyKind,
  limits: Limits,
  force: boolean,
  probeMs?: number,
): StartOptions {
  return {
    force,
    postCopy: limits.overBudget === 'post-copy',
    brake: limits.overBudget === 'brake',
    downtimeLimitMs: kind.begin(limits).initialDowntimeLimitMs,
    bandwidthBytesPerSecond: limits.bandwidthBytesPerSecond,
    lineRateBytesPerSecond: limits.lineRateBytesPerSecond,
    probeMs,
  };
}
