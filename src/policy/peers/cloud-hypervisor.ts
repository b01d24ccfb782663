/**
 * Cloud Hypervisor: at every iteration boundary the pause is estimated from the dirty bytes and the bandwidth of
 * the iteration before. Once it fits the downtime, pre-copy is over: the guest is paused, whatever the last
 * dirty log then holds. At the timeout it gives up, or pauses all the same.
 *
 * Source: vmm/src/lib.rs `is_precopy_converged`, vmm/src/api/mod.rs, vm-migration/src/context.rs (2026-08-22).
 */
import type { MeasuredBoundary, Observation } from '../../model/observation.ts';
import { formatBytes, formatDuration, formatRate } from '../../model/units.ts';
import type { Decision, Policy } from '../policy.ts';
import { abort, goOn, OUT_OF_THE_WAY_DOWNTIME_MS, stopAndCopy } from './decisions.ts';
import { choice, downtime, duration } from './parameters.ts';
import { type Chosen, definePeer } from './peer.ts';

const PARAMETERS = {
  downtimeMs: downtime('downtime', '300ms'),
  timeoutMs: duration('timeout', '3600s', 1),
  timeoutStrategy: choice('timeout-strategy', ['cancel', 'ignore'], 'cancel'),
};

export const cloudHypervisor = definePeer({
  name: 'cloud-hypervisor',
  summary: 'Cloud Hypervisor: stops once the pass estimates a pause within 300 ms; cancels after an hour',
  source: 'https://github.com/cloud-hypervisor/cloud-hypervisor/blob/main/vmm/src/lib.rs',
  startsWith: {},
  parameters: PARAMETERS,
  begin: (chosen) => new Precopy(chosen),
});

class Precopy implements Policy {
  // Its rule stands in the place of QEMU's.
  readonly initialDowntimeLimitMs = OUT_OF_THE_WAY_DOWNTIME_MS;
  private readonly parameters: Chosen<typeof PARAMETERS>;
  /** Why pre-copy is over; there is no way back into it. */
  private over: string | undefined;

  constructor(parameters: Chosen<typeof PARAMETERS>) {
    this.parameters = parameters;
  }

  observe(observation: Observation): Decision {
    if (observation.kind === 'tick') return goOn('it looks at boundaries');
    if (this.over !== undefined) return stopAndCopy(this.over);
    const { timeoutMs, timeoutStrategy } = this.parameters;
    this.over = this.converged(observation);
    if (this.over !== undefined) return stopAndCopy(this.over);
    if (observation.atMs < timeoutMs)
      return goOn(`${formatBytes(observation.remainingBytes)} dirty: another iteration`);
    const timedOut = `not converged within the timeout of ${formatDuration(timeoutMs)}`;
    if (timeoutStrategy === 'cancel') return abort(timedOut, estimatedDowntimeMs(observation));
    this.over = `${timedOut}: paused all the same`;
    return stopAndCopy(this.over);
  }

  private converged(boundary: MeasuredBoundary): string | undefined {
    const { downtimeMs } = this.parameters;
    if (boundary.remainingBytes === 0) return 'nothing is dirty';
    const estimatedMs = estimatedDowntimeMs(boundary);
    if (estimatedMs === undefined || estimatedMs > downtimeMs) return undefined;
    const rate = boundary.ended ? ` at ${formatRate(boundary.ended.bandwidthBytesPerSecond)}` : '';
    return `${formatBytes(boundary.remainingBytes)}${rate} is a downtime of ${formatDuration(estimatedMs)}, within ${formatDuration(downtimeMs)}`;
  }
}

/** Undefined before the first iteration has ended. In whole nanoseconds, as Rust's Duration. */
function estimatedDowntimeMs({ remainingBytes, ended }: MeasuredBoundary): number | undefined {
  if (ended === undefined || ended.bandwidthBytesPerSecond <= 0) return undefined;
  return Math.round((remainingBytes / ended.bandwidthBytesPerSecond) * 1e9) / 1e6;
}
