/**
 * Proxmox VE: counts the polls at which `remaining` had grown (or was 0), and doubles the downtime limit at
 * every sixth of them. It looks at mid-pass values, so a rise is a pass that began since the last poll. There is
 * no timeout and no abort: it always ends, after a pause without a bound. QEMU throttles the guest meanwhile.
 *
 * It polls every second, and near the end every 100 ms, which is oftener than we look. What its polls between two of
 * our looks would have seen follows from these: within a pass the rest falls by what is sent, and a pass begins at a
 * boundary, at which we look.
 *
 * Source: qemu-server 9.2.6, src/PVE/QemuMigrate.pm `phase2`; capabilities of QemuMigrate/Helpers.pm.
 */
import type { Counters, Observation } from '../../model/observation.ts';
import { QEMU_LONGEST_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import { formatBytes } from '../../model/units.ts';
import type { Decision, Policy } from '../policy.ts';
import { BETWEEN_POLLS, goOn, setDowntime } from './decisions.ts';
import { downtime } from './parameters.ts';
import { type Chosen, definePeer, QEMU_AUTO_CONVERGE } from './peer.ts';

const POLL_INTERVAL_MS = 1000;
const POLL_INTERVAL_NEAR_THE_END_MS = 100;
const RISES_BEFORE_DOUBLING = 6;
/** More of them were missed only where nobody looked for long; what they saw is not known. */
const MOST_POLLS_BETWEEN_LOOKS = 20;

/** 0 is taken, and stays 0 however often it is doubled. */
const PARAMETERS = { downtimeMs: downtime('downtime', '100ms', 0) };

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
  private intervalMs = POLL_INTERVAL_MS;
  private dueMs = POLL_INTERVAL_MS;
  private lastLook: Counters | undefined;
  private downtimeMs: number;
  private polls = 0;
  private lastSentBytes = 0;
  private lastRemainingBytes: number | undefined;
  /** Since the last doubling; it never goes down. */
  private rises = 0;

  constructor({ downtimeMs }: Chosen<typeof PARAMETERS>) {
    this.initialDowntimeLimitMs = downtimeMs;
    this.downtimeMs = downtimeMs;
  }

  observe(look: Observation): Decision {
    let decided = BETWEEN_POLLS;
    this.dueMs = Math.max(this.dueMs, look.atMs - MOST_POLLS_BETWEEN_LOOKS * this.intervalMs);
    while (this.dueMs <= look.atMs) {
      const seen = between(this.lastLook, look, this.dueMs);
      this.dueMs += this.intervalMs;
      const decision = this.poll(seen);
      if (decided.action === 'continue' || decision.action !== 'continue') decided = decision;
    }
    this.lastLook = look;
    return decided;
  }

  private poll({ atMs, sentBytes, remainingBytes }: Counters): Decision {
    this.polls += 1;
    const averageBytesPerPoll = this.lastSentBytes / this.polls;
    if (sentBytes === this.lastSentBytes) return goOn('nothing was sent since the last poll');
    this.lastSentBytes = sentBytes;

    if (averageBytesPerPoll > 0 && remainingBytes < averageBytesPerPoll) {
      // For good, although the rest grows again when the next pass begins.
      this.intervalMs = POLL_INTERVAL_NEAR_THE_END_MS;
      this.dueMs = Math.min(this.dueMs, atMs + POLL_INTERVAL_NEAR_THE_END_MS);
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
    if (this.downtimeMs === 0) return goOn('twice a downtime of 0 ms is none');
    const doubledMs = Math.min(this.downtimeMs * 2, QEMU_LONGEST_DOWNTIME_MS);
    const reason = `the rest had grown at ${RISES_BEFORE_DOUBLING} polls, to ${formatBytes(remainingBytes)} now: downtime ${this.downtimeMs} ms to ${doubledMs} ms`;
    this.downtimeMs = doubledMs;
    return setDowntime(doubledMs, reason);
  }
}

/** As of a poll at `atMs`, between two looks or at the second. */
function between(before: Counters | undefined, look: Counters, atMs: number): Counters {
  if (before === undefined || atMs >= look.atMs) return look;
  const share = Math.max(0, atMs - before.atMs) / (look.atMs - before.atMs);
  const sentSinceBytes = share * (look.sentBytes - before.sentBytes);
  // A rest of 0 counts for more than a small one: it is only what was seen.
  const leastBytes = Math.min(before.remainingBytes, 1);
  return {
    ...look,
    atMs,
    sentBytes: before.sentBytes + sentSinceBytes,
    remainingBytes: Math.max(before.remainingBytes - sentSinceBytes, leastBytes),
  };
}
