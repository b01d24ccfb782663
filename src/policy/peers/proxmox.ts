/**
 * Proxmox VE: counts the polls at which `remaining` had grown (or was 0), and doubles the downtime limit at
 * every sixth of them. It looks at mid-pass values, so a rise is a pass that began since the last poll. There is
 * no timeout and no abort: it always ends, after a pause without a bound. QEMU throttles the guest meanwhile.
 *
 * Source: qemu-server 9.2.6, src/PVE/QemuMigrate.pm `phase2`; capabilities of QemuMigrate/Helpers.pm.
 */
import type { Observation } from '../../model/observation.ts';
import { QEMU_LONGEST_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import { formatBytes } from '../../model/units.ts';
import type { Decision, Policy } from '../policy.ts';
import { BETWEEN_POLLS, goOn, setDowntime } from './decisions.ts';
import { downtime } from './parameters.ts';
import { type Chosen, definePeer, QEMU_AUTO_CONVERGE } from './peer.ts';
import { PollClock } from './poll-clock.ts';

const POLL_INTERVAL_MS = 1000;
const POLL_INTERVAL_NEAR_THE_END_MS = 100;
const RISES_BEFORE_DOUBLING = 6;

const PARAMETERS = { downtimeMs: downtime('downtime', '100ms') };

export const proxmox = definePeer({
  name: 'proxmox',
  summary: 'Proxmox VE: doubles the downtime after six polls at which the rest had grown',
  source: 'https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/QemuMigrate.pm',
  startsWith: { autoConverge: QEMU_AUTO_CONVERGE, xbzrle: true },
  parameters: PARAMETERS,
  begin: (chosen) => new Phase2(chosen),
});

class Phase2 implements Policy {
  readonly initialDowntimeLimitMs: number;
  private readonly clock = new PollClock(POLL_INTERVAL_MS);
  private downtimeMs: number;
  private polls = 0;
  private lastSentBytes = 0;
  private lastRemainingBytes: number | undefined;
  /** Since the last doubling; it never goes down. */
  private rises = 0;
  private nearTheEnd = false;

  constructor({ downtimeMs }: Chosen<typeof PARAMETERS>) {
    this.initialDowntimeLimitMs = downtimeMs;
    this.downtimeMs = downtimeMs;
  }

  observe({ atMs, sentBytes, remainingBytes }: Observation): Decision {
    if (!this.clock.due(atMs)) return BETWEEN_POLLS;
    this.polls += 1;
    const averageBytesPerPoll = this.lastSentBytes / this.polls;
    if (sentBytes === this.lastSentBytes) return goOn('nothing was sent since the last poll');
    this.lastSentBytes = sentBytes;

    if (!this.nearTheEnd && averageBytesPerPoll > 0 && remainingBytes < averageBytesPerPoll) {
      // For good, although the rest grows again when the next pass begins. Our ticks are longer than this.
      this.nearTheEnd = true;
      this.clock.restart(atMs, POLL_INTERVAL_NEAR_THE_END_MS);
    }

    const before = this.lastRemainingBytes;
    this.lastRemainingBytes = remainingBytes;
    // A last value of 0 is false in Perl: what follows it is no rise.
    const rose = before !== undefined && before > 0 && remainingBytes > before;
    if (!rose && remainingBytes > 0)
      return goOn(`${formatBytes(remainingBytes)} left, no more than at the last poll`);
    this.rises += 1;
    if (this.rises < RISES_BEFORE_DOUBLING)
      return goOn(`the rest had grown at ${this.rises} of ${RISES_BEFORE_DOUBLING} polls needed`);

    this.rises = 0;
    if (this.downtimeMs >= QEMU_LONGEST_DOWNTIME_MS)
      return goOn('the downtime is the longest that QEMU takes');
    const doubledMs = Math.min(this.downtimeMs * 2, QEMU_LONGEST_DOWNTIME_MS);
    const reason = `the rest had grown at ${RISES_BEFORE_DOUBLING} polls, to ${formatBytes(remainingBytes)} now: downtime ${this.downtimeMs} ms to ${doubledMs} ms`;
    this.downtimeMs = doubledMs;
    return setDowntime(doubledMs, reason);
  }
}
