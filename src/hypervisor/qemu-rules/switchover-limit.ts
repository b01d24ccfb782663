/**
 * What QEMU is told so that it stops the guest exactly when the rest fits the pause: the one arithmetic for every driver.
 *
 * QEMU stops when `pending <= rate x downtime-limit`. Which rate it takes depends on its version:
 * - from 8.2, `avail-switchover-bandwidth` where it is set: the line rate is stated, so the comparison is
 *   with the bytes that the pause can really move;
 * - before, and where no rate is stated, its own measurement of the last 100 ms, which `max-bandwidth` caps
 *   although the stop-and-copy is not capped. The limit is then scaled by line rate over the cap.
 * (migration/migration.c: migration_update_counters.)
 *
 * The scale goes by the cap and never by a rate that was measured: QEMU's own rate is never more than the cap, so the
 * limit never lets it stop with more than the pause can move. A measured rate may hold a stall (a bitmap sync sends
 * nothing), and QEMU's own recovers within 100 ms: it then stopped with five times what was accepted.
 *
 * Where pages are compressed QEMU compares guest memory with what it measures on the wire, so the limit that goes with its
 * own measurement is scaled by what a byte on the wire carries as well; a line rate that is stated is of guest memory.
 *
 * The fixed cost of a switchover is taken off first: the limit speaks only of sending memory.
 */
import { QEMU_LONGEST_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import type { PauseRequest } from '../hypervisor.ts';
import type { QemuFeatures } from './features.ts';

/** Of several connections one packet each may go beyond a window's share (migration/multifd.h, migration.c: BUFFER_DELAY). */
const PACKET_BYTES = 512 * 1024;
const WINDOWS_A_SECOND = 10;

/** QEMU reckons its threshold anew each window: what was set, or is measured, holds after two of these. */
export const LIMIT_HOLDS_MS = 250;

/**
 * How fast passes really go under a cap. Several connections overshoot it: at 20 MB/s over two, 29 MB/s went over the wire (measured).
 * @param connections undefined: one, which keeps to it @returns bytes per second; undefined: there is no cap
 */
export function fastestUnderCap(
  capBytesPerSecond: number | undefined,
  connections: number | undefined,
): number | undefined {
  if (capBytesPerSecond === undefined || connections === undefined) return capBytesPerSecond;
  return capBytesPerSecond + connections * PACKET_BYTES * WINDOWS_A_SECOND;
}

export interface RateInQemu {
  /** QEMU was told the line rate and counts with it. */
  readonly lineRateStated: boolean;
  /** As fast as passes go at most, {@link fastestUnderCap}; undefined: nothing caps them. */
  readonly passCapBytesPerSecond: number | undefined;
}

/** QEMU's parameters, by QEMU's names. */
export type PauseParameters = {
  readonly 'downtime-limit': number;
  readonly 'avail-switchover-bandwidth'?: number;
};

/** @returns QEMU's `downtime-limit` in whole milliseconds */
export function downtimeLimitMs(request: PauseRequest, rate: RateInQemu): number {
  if (request.asIs) return wholeLimitMs(request.pauseMs);
  const { pauseMs, fixedCostMs } = request;
  const scale = rate.lineRateStated ? 1 : ownMeasureScale(request, rate.passCapBytesPerSecond);
  return wholeLimitMs(pauseMs > fixedCostMs ? (pauseMs - fixedCostMs) * scale : 1);
}

/** By how much more guest memory the line carries than QEMU measures on the wire, at the most that its cap allows. */
function ownMeasureScale(
  { lineRateBytesPerSecond: lineRate, perWireByte = 1 }: PauseRequest,
  cap: number | undefined,
): number {
  return cap && lineRate ? Math.max(perWireByte, lineRate / cap) : perWireByte;
}

/**
 * The same as parameters, for a driver that may set QEMU's on the way: where QEMU takes the line rate, it is stated.
 *
 * @param passCapBytesPerSecond as in {@link RateInQemu}
 */
export function pauseParameters(
  request: PauseRequest,
  features: Pick<QemuFeatures, 'availSwitchoverBandwidth'>,
  passCapBytesPerSecond: number | undefined,
): PauseParameters {
  const lineRate = request.asIs ? undefined : request.lineRateBytesPerSecond;
  const lineRateStated = features.availSwitchoverBandwidth && lineRate !== undefined;
  const limit = { 'downtime-limit': downtimeLimitMs(request, { lineRateStated, passCapBytesPerSecond }) };
  return lineRateStated ? { ...limit, 'avail-switchover-bandwidth': Math.round(lineRate) } : limit;
}

function wholeLimitMs(ms: number): number {
  return Math.min(QEMU_LONGEST_DOWNTIME_MS, Math.max(1, Math.floor(ms)));
}
