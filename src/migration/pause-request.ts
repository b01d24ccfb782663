/** What the hypervisor is asked for to carry a decision out, with the user's limit held. Pure. */
import type { PauseRequest } from '../hypervisor/hypervisor.ts';
import { FixedCost } from '../model/fixed-cost.ts';
import { fixedCostMsWithin, sendingMs } from '../model/pause-room.ts';
import type { Decision, ReckonedWith } from '../policy/policy.ts';

export type Allowing = Extract<Decision, { action: 'switchover' | 'set-downtime-limit' }>;

export function isAllowing(decision: Decision): decision is Allowing {
  return decision.action === 'switchover' || decision.action === 'set-downtime-limit';
}

/**
 * The user's limit holds whatever the policy asks for, and also where the switchover's fixed cost is high.
 * @param cost of the switchover, beside the memory
 */
export function pauseRequestOf(
  decision: Allowing,
  maxDowntimeMs: number,
  cost = FixedCost.assumed,
): PauseRequest {
  if (decision.action === 'switchover') {
    const { acceptedPauseMs, fixedCostMs } = decision;
    return {
      pauseMs: pauseWithin(maxDowntimeMs, cost, acceptedPauseMs, fixedCostMs),
      ...reckoning(decision),
    };
  }
  const { downtimeLimitMs } = decision;
  if (!decision.asIs) {
    const pauseMs = pauseWithin(maxDowntimeMs, cost, downtimeLimitMs, decision.fixedCostMs);
    return { pauseMs, ...reckoning(decision) };
  }
  const asItIs = limitAsItIs(downtimeLimitMs, maxDowntimeMs, cost);
  return { ...asItIs, lineRateBytesPerSecond: undefined };
}

/**
 * A pause that leaves the memory no more time than the user's limit does.
 * @param askedMs with this fixed cost in it @returns milliseconds
 */
export function pauseWithin(
  maxDowntimeMs: number,
  cost: FixedCost,
  askedMs: number,
  fixedCostMs: number,
): number {
  return Math.min(askedMs, maxDowntimeMs, fixedCostMs + Math.max(0, sendingMs(maxDowntimeMs, cost)));
}

/**
 * A limit of QEMU's says nothing of the switchover's fixed cost, which the user's limit covers: it is left as it is where
 * both have room.
 */
export function limitAsItIs(
  limitMs: number,
  maxDowntimeMs: number,
  cost: FixedCost,
): Pick<PauseRequest, 'pauseMs' | 'fixedCostMs' | 'asIs'> {
  const fixedCostMs = fixedCostMsWithin(maxDowntimeMs, cost);
  if (limitMs <= sendingMs(maxDowntimeMs, cost)) return { pauseMs: limitMs, fixedCostMs, asIs: true };
  return { pauseMs: pauseWithin(maxDowntimeMs, cost, limitMs, fixedCostMs), fixedCostMs };
}

function reckoning({ fixedCostMs, lineRateBytesPerSecond, perWireByte }: ReckonedWith): ReckonedWith {
  return {
    fixedCostMs,
    lineRateBytesPerSecond,
    ...(perWireByte === undefined ? {} : { perWireByte }),
  };
}
