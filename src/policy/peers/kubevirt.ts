/**
 * KubeVirt's default rule: a watchdog over `remaining` that any decrease from one 400 ms poll to the next feeds,
 * because its watermark follows instead of keeping the minimum; and a completion timeout at which it aborts, or
 * disrupts the workload where that is allowed.
 *
 * Source: kubevirt pkg/virt-launcher/virtwrap/live-migration-source.go `processInflightMigration`,
 * `handleLegacyConvergence`; defaults of pkg/virt-config/virt-config.go (main, 2026-08-22).
 */
import type { Counters, Observation } from '../../model/observation.ts';
import { QEMU_DEFAULT_DOWNTIME_MS, QEMU_LONGEST_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import type { Decision, Policy } from '../policy.ts';
import { abort, BETWEEN_POLLS, goOn, isSame, setDowntime } from './decisions.ts';
import {
  acceptableCompletionSeconds,
  canPostCopy,
  KUBEVIRT_OPTIONS,
  kubevirtStartsWith,
  MONITOR_INTERVAL_MS,
  mayDisrupt,
} from './kubevirt-options.ts';
import { duration } from './parameters.ts';
import { type Chosen, definePeer } from './peer.ts';
import { PollClock } from './poll-clock.ts';

export const LEGACY_PARAMETERS = {
  ...KUBEVIRT_OPTIONS,
  /** 0 s: never. */
  progressTimeoutMs: duration('progress-timeout', '150s'),
};

export const kubevirt = definePeer({
  name: 'kubevirt',
  summary: 'KubeVirt: aborts after 150 s without any decrease, or 150 s for each GB of memory',
  source:
    'https://github.com/kubevirt/kubevirt/blob/main/pkg/virt-launcher/virtwrap/live-migration-source.go',
  startsWith: kubevirtStartsWith,
  parameters: LEGACY_PARAMETERS,
  begin: (chosen) => {
    const convergence = new LegacyConvergence(chosen);
    const clock = new PollClock(MONITOR_INTERVAL_MS);
    return {
      initialDowntimeLimitMs: QEMU_DEFAULT_DOWNTIME_MS,
      observe: (now: Observation) => (clock.due(now.atMs) ? convergence.poll(now) : BETWEEN_POLLS),
      takeFailure: (decision) => convergence.takeFailure(decision),
    } satisfies Policy;
  },
});

/** What the monitor does at each poll. */
export class LegacyConvergence {
  private readonly options: Chosen<typeof LEGACY_PARAMETERS>;
  /** `remaining` at the last poll; 0 also stands for none yet, as in the source. */
  private watermarkBytes = 0;
  private lastProgressMs = 0;
  /** In seconds; known from the first poll on. */
  private acceptableSeconds: number | undefined;
  private mode: 'pre-copy' | 'post-copy' | 'paused' = 'pre-copy';
  /** The decision that ended pre-copy. */
  private assisted: Decision | undefined;

  constructor(options: Chosen<typeof LEGACY_PARAMETERS>) {
    this.options = options;
  }

  poll({ atMs, remainingBytes, totalBytes }: Counters): Decision {
    this.acceptableSeconds ??= acceptableCompletionSeconds(totalBytes, this.options.completionTimeoutMsPerGB);
    if (this.watermarkBytes === 0 || remainingBytes < this.watermarkBytes) this.lastProgressMs = atMs;
    this.watermarkBytes = remainingBytes;

    if (this.mode === 'post-copy') return goOn('in post-copy there is nothing to do');
    const elapsedSeconds = Math.trunc(atMs / 1000);
    const timedOut = this.acceptableSeconds > 0 && elapsedSeconds > this.acceptableSeconds;
    const afterTime = `${elapsedSeconds} s passed, over the completion timeout of ${this.acceptableSeconds} s`;
    if (timedOut && mayDisrupt(this.options) && this.mode !== 'paused')
      return this.assist(this.acceptableSeconds, afterTime);

    const stuckSeconds = Math.trunc((atMs - this.lastProgressMs) / 1000);
    const progressTimeoutSeconds = Math.trunc(this.options.progressTimeoutMs / 1000);
    if (progressTimeoutSeconds > 0 && stuckSeconds > progressTimeoutSeconds)
      return abort(
        `the rest did not decrease from poll to poll for ${stuckSeconds} s, over the progress timeout of ${progressTimeoutSeconds} s`,
      );
    if (timedOut) return abort(afterTime);
    return goOn(
      `${elapsedSeconds} s of ${this.acceptableSeconds} s passed, ${stuckSeconds} s without a decrease`,
    );
  }

  /** What failed was not done: it is tried again at the next poll. */
  takeFailure(decision: Decision): void {
    if (!this.assisted || !isSame(decision, this.assisted)) return;
    if (this.mode === 'paused' && this.acceptableSeconds !== undefined) this.acceptableSeconds /= 2;
    this.mode = 'pre-copy';
    this.assisted = undefined;
  }

  private assist(acceptableSeconds: number, why: string): Decision {
    this.assisted = this.assistance(acceptableSeconds, why);
    return this.assisted;
  }

  private assistance(acceptableSeconds: number, why: string): Decision {
    if (canPostCopy(this.options)) {
      this.mode = 'post-copy';
      return { action: 'post-copy', reason: why };
    }
    // Paused for KubeVirt also where only the limit was raised: it gets as long again before the abort.
    this.mode = 'paused';
    this.acceptableSeconds = acceptableSeconds * 2;
    if (!this.options.vfio) return { action: 'suspend', reason: `${why}: the guest is paused` };
    const downtimeMs = Math.min(this.acceptableSeconds * 1000, QEMU_LONGEST_DOWNTIME_MS);
    return setDowntime(downtimeMs, `${why}: downtime ${downtimeMs} ms forces the switchover of a VFIO guest`);
  }
}
