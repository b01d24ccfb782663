import type { DirtyRateProbe } from '../hypervisor/hypervisor.ts';
import type { DirtyObservation } from '../model/dirty-curve.ts';

/** Long enough to tell a quick writer, short enough not to be waited for. Drivers that cannot take the next longer. */
export const PROBE_MS = 300;

/** It samples pages and is told in whole MiB/s: it may read this much too high, as a fraction. */
const PROBE_EXCESS = 0.1;

/** What a probe says of the guest's dirty curve. */
export function dirtiedIn({ durationMs, dirtyRateBytesPerSecond }: DirtyRateProbe): DirtyObservation {
  const bytes = (dirtyRateBytesPerSecond * durationMs) / 1000;
  return { durationMs, bytes, unsentBytes: bytes * PROBE_EXCESS };
}
