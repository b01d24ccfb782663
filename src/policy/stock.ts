import { FixedCost } from '../model/fixed-cost.ts';
import { NOTHING_KNOWN } from '../model/foreknowledge.ts';
import { fixedCostMsWithin } from '../model/pause-room.ts';
import type { Decision, PolicyKind } from './policy.ts';

const LEAVE_ALONE: Decision = { action: 'continue', reason: 'stock QEMU decides by itself' };

/** QEMU as it is: the usual downtime limit, no interference. A memory-intensive guest never ends under it. */
export const stock: PolicyKind = {
  name: 'stock',
  summary: "QEMU's own rule with --downtime as its limit; never interferes",
  begin: (limits) => ({
    initialDowntimeLimitMs: limits.downtimeMs,
    observe: () => LEAVE_ALONE,
  }),
};

/** QEMU with the longest allowed pause as its limit from the start: the thesis's point of comparison. */
export const relaxed: PolicyKind = {
  name: 'relaxed',
  summary: "QEMU's own rule with --max-downtime as its limit from the start",
  begin: (limits, known = NOTHING_KNOWN) => ({
    initialDowntimeLimitMs: limits.maxDowntimeMs,
    initialFixedCostMs: fixedCostMsWithin(limits.maxDowntimeMs, FixedCost.of(known)),
    observe: () => LEAVE_ALONE,
  }),
};
