/**
 * `virsh migrate --live --timeout S`: one timer from the start of the job. When it expires virsh suspends the
 * guest, or starts post-copy with `--timeout-postcopy`; once, and a failure is only logged. Nothing else is
 * looked at.
 *
 * Source: libvirt, tools/virsh-domain.c (`virshMigrateTimeout`), 9.0.0 and 11.3.0.
 */
import type { Observation } from '../../model/observation.ts';
import { QEMU_DEFAULT_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import { formatDuration } from '../../model/units.ts';
import type { Decision, Policy } from '../policy.ts';
import { goOn } from './decisions.ts';
import { duration } from './parameters.ts';
import { definePeer } from './peer.ts';

const SOURCE = 'https://github.com/libvirt/libvirt/blob/v11.3.0/tools/virsh-domain.c';

/** virsh has no timeout unless told one; without one it would be `stock`. The minute is ours. */
const PARAMETERS = { timeoutMs: duration('timeout', '60s') };

export const virshTimeout = definePeer({
  name: 'virsh-timeout',
  summary: 'virsh --timeout: suspends the guest once the time is up',
  source: SOURCE,
  startsWith: {},
  parameters: PARAMETERS,
  begin: ({ timeoutMs }) => new Timer(timeoutMs, 'suspend'),
});

export const virshTimeoutPostCopy = definePeer({
  name: 'virsh-timeout-postcopy',
  summary: 'virsh --timeout --timeout-postcopy: goes on by post-copy once the time is up',
  source: SOURCE,
  startsWith: { postCopyCapable: true },
  parameters: PARAMETERS,
  begin: ({ timeoutMs }) => new Timer(timeoutMs, 'post-copy'),
});

class Timer implements Policy {
  readonly initialDowntimeLimitMs = QEMU_DEFAULT_DOWNTIME_MS;
  private readonly timeoutMs: number;
  private readonly action: 'suspend' | 'post-copy';
  private expired = false;

  constructor(timeoutMs: number, action: 'suspend' | 'post-copy') {
    this.timeoutMs = timeoutMs;
    this.action = action;
  }

  observe({ atMs }: Observation): Decision {
    if (this.timeoutMs === 0) return goOn('no timeout was given');
    if (this.expired) return goOn('the timer acts once');
    if (atMs < this.timeoutMs) return goOn(`within the timeout of ${formatDuration(this.timeoutMs)}`);
    this.expired = true;
    const after = `${formatDuration(atMs)} passed, the timeout is ${formatDuration(this.timeoutMs)}`;
    return {
      action: this.action,
      reason: `${after}: virsh ${this.action === 'suspend' ? 'suspends the guest' : 'starts post-copy'}`,
    };
  }
}
