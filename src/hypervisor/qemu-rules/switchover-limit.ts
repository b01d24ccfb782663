/**
 * What QEMU is told so that it stops the guest exactly when the rest fits the pause.
 *
 * QEMU stops when `pending <= rate x downtime-limit`. Which rate it takes depends on its version:
 * - from 8.2, `avail-switchover-bandwidth` where it is set: the line rate is stated, so the comparison is
 *   with the bytes that the pause can really move;
 * - before, and where no rate is stated, its own measurement of the last 100 ms, which `max-bandwidth` caps
 *   although the stop-and-copy is not capped. The limit is then scaled by line rate over that rate, so that the
 *   product is again the bytes that the pause can really move.
 * (migration/migration.c: migration_update_counters.)
 *
 * The fixed cost of a switchover is taken off first: the limit speaks only of sending memory.
 */
import { SWITCHOVER_FIXED_COST_MS } from '../../model/passes.ts';
import { QEMU_LONGEST_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import type { PauseRequest } from '../hypervisor.ts';
import type { QemuFeatures } from './features.ts';

export interface RateArithmetic {
  /** QEMU was told the line rate and counts with it. */
  readonly lineRateStated: boolean;
  /** What the passes achieve, where they are capped below the line, in bytes per second. */
  readonly cappedPassRate: number | undefined;
}

/** @returns whole milliseconds */
export function downtimeLimitMs(request: PauseRequest, rates: RateArithmetic): number {
  const sendingMs = Math.max(1, request.pauseMs - (request.asIs ? 0 : SWITCHOVER_FIXED_COST_MS));
  const scaled =
    !request.asIs && !rates.lineRateStated && rates.cappedPassRate && request.lineRateBytesPerSecond;
  // Only a cap makes the passes slower than the line; a passing dip must not inflate the limit.
  const scale = scaled ? Math.max(1, request.lineRateBytesPerSecond / rates.cappedPassRate) : 1;
  return Math.min(QEMU_LONGEST_DOWNTIME_MS, Math.max(1, Math.floor(sendingMs * scale)));
}

/**
 * The same as parameters, for those who may set QEMU's on the way: where QEMU takes the line rate, it is stated.
 *
 * @param passRateBytesPerSecond what the passes achieve now, where they are capped; undefined while not known
 */
export function pauseParameters(
  request: PauseRequest,
  features: Pick<QemuFeatures, 'availSwitchoverBandwidth'>,
  passRateBytesPerSecond: number | undefined,
): Record<string, number> {
  const lineRate = request.asIs ? undefined : request.lineRateBytesPerSecond;
  const lineRateStated = features.availSwitchoverBandwidth && lineRate !== undefined;
  const limit = {
    'downtime-limit': downtimeLimitMs(request, { lineRateStated, cappedPassRate: passRateBytesPerSecond }),
  };
  return lineRateStated ? { ...limit, 'avail-switchover-bandwidth': Math.round(lineRate) } : limit;
}
