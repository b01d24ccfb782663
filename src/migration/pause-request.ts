/** What the hypervisor is asked for to carry a decision out, with the user's limit held. Pure. */
import type { PauseRequest } from '../hypervisor/hypervisor.ts';
import { aimedPauseMs, assumedFixedCostMs } from '../model/pause-room.ts';
import type { Decision, ReckonedWith } from '../policy/policy.ts';

export type Allowing = Extract<Decision, { action: 'switchover' | 'set-downtime-limit' }>;

export function isAllowing(decision: Decision): decision is Allowing {
  return decision.action === 'switchover' || decision.action === 'set-downtime-limit';
}

/** The user's limit holds whatever the policy asks for. */
export function pauseRequestOf(decision: Allowing, maxDowntimeMs: number): PauseRequest {
  if (decision.action === 'switchover')
    return {
      pauseMs: Math.min(decision.acceptedPauseMs, aimedPauseMs(maxDowntimeMs)),
      ...reckoning(decision),
    };
  const pauseMs = Math.min(decision.downtimeLimitMs, aimedPauseMs(maxDowntimeMs));
  if (!decision.asIs) return { pauseMs, ...reckoning(decision) };
  // A limit of QEMU's says nothing of the switchover's fixed cost, which the user's limit covers.
  const fixedCostMs = assumedFixedCostMs(maxDowntimeMs);
  const asIs = decision.downtimeLimitMs + fixedCostMs <= maxDowntimeMs;
  return { pauseMs, fixedCostMs, lineRateBytesPerSecond: undefined, ...(asIs ? { asIs } : {}) };
}

function reckoning({ fixedCostMs, lineRateBytesPerSecond, perWireByte }: ReckonedWith): ReckonedWith {
  return {
    fixedCostMs,
    lineRateBytesPerSecond,
    ...(perWireByte === undefined ? {} : { perWireByte }),
  };
}
