import type { StartOptions } from '../hypervisor/hypervisor.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';

/** How a migration under this policy and within these limits begins. */
export function startOptionsOf(kind: PolicyKind, limits: Limits, force: boolean): StartOptions {
  return {
    force,
    postCopy: limits.overBudget === 'post-copy',
    brake: limits.overBudget === 'brake',
    downtimeLimitMs: kind.begin(limits).initialDowntimeLimitMs,
    bandwidthBytesPerSecond: limits.bandwidthBytesPerSecond,
    lineRateBytesPerSecond: limits.lineRateBytesPerSecond,
  };
}
