/** The decisions that peers take, in few words. */
import { SWITCHOVER_FIXED_COST_MS } from '../../model/passes.ts';
import { QEMU_LONGEST_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import type { Decision } from '../policy.ts';

/**
 * The initial limit for peers whose rule stands in the place of QEMU's: so short that QEMU sends every pass to
 * its end and stops by itself only when next to nothing is dirty.
 */
export const OUT_OF_THE_WAY_DOWNTIME_MS = 1;

/** Between its polls a peer sees nothing. */
export const BETWEEN_POLLS: Decision = goOn('between two polls');

export function goOn(reason: string): Decision {
  return { action: 'continue', reason };
}

export function setDowntime(downtimeLimitMs: number, reason: string): Decision {
  // A peer hands its figure to QEMU, whatever the pause will be.
  return { action: 'set-downtime-limit', downtimeLimitMs, asIs: true, reason };
}

/** The same as far as a hypervisor is concerned. */
export function isSame(one: Decision, other: Decision): boolean {
  if (one.action === 'set-downtime-limit' && other.action === 'set-downtime-limit')
    return one.downtimeLimitMs === other.downtimeLimitMs;
  return one.action === other.action;
}

/**
 * Stop and copy the rest, however long that takes. Only at boundaries. The supervisor holds it to `--max-downtime`, so
 * under it a peer's force is only as strong as the user allows.
 */
export function stopAndCopy(reason: string): Decision {
  return {
    action: 'switchover',
    acceptedPauseMs: QEMU_LONGEST_DOWNTIME_MS,
    lineRateBytesPerSecond: undefined,
    fixedCostMs: SWITCHOVER_FIXED_COST_MS,
    reason,
  };
}

/** @param neededPauseMs the peer's own estimate of it, where it makes one */
export function abort(reason: string, neededPauseMs?: number): Decision {
  return { action: 'abort', neededPauseMs, reason };
}
