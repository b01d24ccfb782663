import { assumedFixedCostMs } from '../model/pause-room.ts';
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
  begin: (limits) => ({
    initialDowntimeLimitMs: limits.maxDowntimeMs,
    initialFixedCostMs: assumedFixedCostMs(limits.maxDowntimeMs),
    observe: () => LEAVE_ALONE,
  }),
};
