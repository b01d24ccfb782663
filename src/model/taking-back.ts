/**
 * When a guest that stands still for longer than it may is taken back to the source.
 *
 * Taking back costs a pause of its own: the destination is fenced, the stream cut, and QEMU gives the guest back, some
 * half a second (measured: a limit of 300 ms became a pause of 804 ms). So a guest that is about to arrive is let
 * arrive, and its pause is told as over the limit. How near it is nobody sees: QEMU answers nothing while it sends the
 * rest. To wait for as long as taking back would cost, and no longer, is never worse than twice the better of the two;
 * it is done only where the rest, as far as it is known, should be there by then.
 */
import { LEAST_FIXED_COST_MS } from './passes.ts';
import { transferMs } from './transfer.ts';

/** From the decision to the guest running at the source again, on the lab. */
export const TAKING_BACK_MS = 500;

export interface StoppedGuest {
  readonly maxDowntimeMs: number;
  /** What was left to send when it stopped; undefined: not known. */
  readonly restBytes: number | undefined;
  /** Of the stop-and-copy, bytes per second; undefined: not known. */
  readonly lineRateBytesPerSecond: number | undefined;
}

/** @returns how long after its stop the guest is taken back, in milliseconds */
export function takenBackAfterMs({ maxDowntimeMs, restBytes, lineRateBytesPerSecond }: StoppedGuest): number {
  if (restBytes === undefined || lineRateBytesPerSecond === undefined) return maxDowntimeMs;
  const patientMs = maxDowntimeMs + TAKING_BACK_MS;
  const dueMs = transferMs(restBytes, lineRateBytesPerSecond) + LEAST_FIXED_COST_MS;
  if (dueMs > patientMs) return maxDowntimeMs;
  // One that is overdue by as much as taking back costs is not about to arrive: its link may be cut.
  return Math.max(maxDowntimeMs, Math.min(patientMs, dueMs + TAKING_BACK_MS));
}
