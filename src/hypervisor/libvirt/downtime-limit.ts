/** The `migrate-setmaxdowntime` under which QEMU stops the guest exactly when the rest fits the pause. */
import { SWITCHOVER_FIXED_COST_MS } from '../../model/passes.ts';
import type { PauseRequest } from '../hypervisor.ts';

/** QEMU's largest downtime-limit (qapi/migration.json: MAX_MIGRATE_DOWNTIME). */
const QEMU_LONGEST_DOWNTIME_MS = 2_000_000;

export interface RateArithmetic {
  /** QEMU was told the line rate at the start and counts with it. */
  readonly lineRateStated: boolean;
  /** What the passes achieve, where they are capped below the line, in bytes per second. */
  readonly cappedPassRate: number | undefined;
}

/**
 * QEMU stops when `pending <= rate x downtime-limit`. While a migration runs libvirt cannot tell it the line
 * rate, so unless it was stated at the start the rate is QEMU's own measurement of the last 100 ms. Where a cap
 * keeps that below the line rate the limit is scaled up, so that the product is what the pause can really move.
 * (migration/migration.c: migration_update_counters.)
 *
 * @returns whole milliseconds
 */
export function downtimeLimitMs(request: PauseRequest, rates: RateArithmetic): number {
  const sendingMs = Math.max(1, request.pauseMs - (request.asIs ? 0 : SWITCHOVER_FIXED_COST_MS));
  const scaled =
    !request.asIs && !rates.lineRateStated && rates.cappedPassRate && request.lineRateBytesPerSecond;
  const scale = scaled ? Math.max(1, request.lineRateBytesPerSecond / rates.cappedPassRate) : 1;
  return Math.min(QEMU_LONGEST_DOWNTIME_MS, Math.max(1, Math.floor(sendingMs * scale)));
}
