import { SWITCHOVER_FIXED_COST_MS } from '../../model/passes.ts';
import type { PauseRequest } from '../hypervisor.ts';
import type { QemuFeatures } from './features.ts';

/** QEMU's largest downtime-limit (qapi/migration.json: MAX_MIGRATE_DOWNTIME). */
const QEMU_LONGEST_DOWNTIME_MS = 2_000_000;

/**
 * The migration parameters under which QEMU stops the guest exactly when the rest fits the pause.
 *
 * QEMU stops when `pending <= rate x downtime-limit`. Which rate it takes depends on its version:
 * - from 8.2, `avail-switchover-bandwidth` where it is set: we state the line rate, so the comparison is
 *   with the bytes that the pause can really move;
 * - before, and where no rate is stated, its own measurement of the last 100 ms, which `max-bandwidth` caps
 *   although the stop-and-copy is not capped. The limit is then scaled by line rate over measured rate, so
 *   that the product is again the bytes that the pause can really move.
 * (migration/migration.c: migration_update_counters.)
 *
 * The fixed cost of a switchover is taken off first: the limit speaks only of sending memory.
 *
 * @param passRateBytesPerSecond what the passes achieve now; undefined while not known
 */
export function pauseParameters(
  request: PauseRequest,
  features: Pick<QemuFeatures, 'availSwitchoverBandwidth'>,
  passRateBytesPerSecond: number | undefined,
): Record<string, number> {
  if (request.asIs) return { 'downtime-limit': wholeLimit(request.pauseMs) };
  const sendingMs = Math.max(1, request.pauseMs - SWITCHOVER_FIXED_COST_MS);
  const lineRate = request.lineRateBytesPerSecond;
  if (lineRate === undefined) return { 'downtime-limit': wholeLimit(sendingMs) };
  if (features.availSwitchoverBandwidth)
    return { 'downtime-limit': wholeLimit(sendingMs), 'avail-switchover-bandwidth': Math.round(lineRate) };
  // Only a cap makes the passes slower than the line; a passing dip must not inflate the limit.
  const scale = passRateBytesPerSecond ? Math.max(1, lineRate / passRateBytesPerSecond) : 1;
  return { 'downtime-limit': wholeLimit(sendingMs * scale) };
}

function wholeLimit(ms: number): number {
  return Math.min(QEMU_LONGEST_DOWNTIME_MS, Math.max(1, Math.floor(ms)));
}
