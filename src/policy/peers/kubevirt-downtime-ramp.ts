/**
 * KubeVirt's downtime tuning (VEP 291, merged on 2026-07-30 for 1.10 as alpha): from the third pass on the downtime limit rises at most
 * every 10 s, in steps of a seventh of the way from 150 ms to the maximum. The default rule's timeouts hold
 * beside it.
 *
 * Source: kubevirt pkg/virt-launcher/virtwrap/live-migration-source.go `tuneDowntime` (main, 2026-08-22); https://github.com/kubevirt/kubevirt/pull/17480.
 */

import type { Counters, Observation } from '../../model/observation.ts';
import { QEMU_DEFAULT_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import type { Decision, Policy } from '../policy.ts';
import { BETWEEN_POLLS, goOn, isSame, setDowntime } from './decisions.ts';
import { LEGACY_PARAMETERS, LegacyConvergence } from './kubevirt.ts';
import { kubevirtStartsWith, MONITOR_INTERVAL_MS } from './kubevirt-options.ts';
import { count, downtime, duration } from './parameters.ts';
import { type Chosen, definePeer } from './peer.ts';
import { PollClock } from './poll-clock.ts';

const PARAMETERS = {
  ...LEGACY_PARAMETERS,
  maxDowntimeMs: downtime('max-downtime', '900ms'),
  initialDowntimeMs: downtime('initial-downtime', '150ms'),
  steps: count('steps', 7),
  startAfterIteration: count('start-after-iteration', 3),
  cooldownMs: duration('cooldown', '10s', 1000),
};

export const kubevirtDowntimeRamp = definePeer({
  name: 'kubevirt-downtime-ramp',
  summary: 'KubeVirt VEP 291: downtime 150 to 900 ms in steps of 10 s from the third pass on',
  source: 'https://github.com/kubevirt/enhancements/pull/249',
  startsWith: kubevirtStartsWith,
  parameters: PARAMETERS,
  begin: (chosen) => new TunedMonitor(chosen),
});

class TunedMonitor implements Policy {
  readonly initialDowntimeLimitMs: number;
  private readonly parameters: Chosen<typeof PARAMETERS>;
  private readonly convergence: LegacyConvergence;
  private readonly clock = new PollClock(MONITOR_INTERVAL_MS);
  private readonly initialMs: number;
  /** What it set last; undefined before the first poll. */
  private downtimeMs: number | undefined;
  private lastTunedMs = Number.NEGATIVE_INFINITY;
  /** The last step, and what it came after. */
  private lastStep:
    | { readonly decision: Decision; readonly downtimeMs: number; readonly tunedMs: number }
    | undefined;

  constructor(parameters: Chosen<typeof PARAMETERS>) {
    this.parameters = parameters;
    this.convergence = new LegacyConvergence(parameters);
    this.initialMs = Math.trunc(Math.min(parameters.initialDowntimeMs, parameters.maxDowntimeMs));
    this.initialDowntimeLimitMs = this.initialMs;
  }

  observe(observation: Observation): Decision {
    if (!this.clock.due(observation.atMs)) return BETWEEN_POLLS;
    const tuned = this.tune(observation);
    // The source does both in one poll, the step first; of two limits the second is what stays.
    const decided = this.convergence.poll(observation);
    return decided.action === 'continue' ? tuned : decided;
  }

  takeFailure(decision: Decision): void {
    this.convergence.takeFailure(decision);
    if (!this.lastStep || !isSame(decision, this.lastStep.decision)) return;
    this.downtimeMs = this.lastStep.downtimeMs;
    this.lastTunedMs = this.lastStep.tunedMs;
    this.lastStep = undefined;
  }

  private tune({ atMs, pass }: Counters): Decision {
    const { maxDowntimeMs, steps, startAfterIteration, cooldownMs } = this.parameters;
    if (this.downtimeMs === undefined) return this.set(atMs, this.initialMs, 'the initial downtime');
    if (pass < startAfterIteration) return goOn(`pass ${pass}: tuning starts at ${startAfterIteration}`);
    if (atMs - this.lastTunedMs < cooldownMs) return goOn('the last step was not long enough ago');
    // The ceiling less the initial value, in whole milliseconds: seven steps of 107 ms and an eighth of 1 ms.
    const stepMs = Math.max(Math.trunc((maxDowntimeMs - this.initialMs) / steps), 1);
    const nextMs = Math.min(this.downtimeMs + stepMs, maxDowntimeMs);
    if (nextMs <= this.downtimeMs) return goOn(`the downtime is at its ceiling of ${maxDowntimeMs} ms`);
    const since = Number.isFinite(this.lastTunedMs)
      ? `${(atMs - this.lastTunedMs) / 1000} s after the last step`
      : 'no step was taken yet';
    return this.set(atMs, nextMs, `pass ${pass}, ${since}`);
  }

  private set(atMs: number, downtimeMs: number, why: string): Decision {
    // Where the initial one fails the source goes on from QEMU's own.
    const before = { downtimeMs: this.downtimeMs ?? QEMU_DEFAULT_DOWNTIME_MS, tunedMs: this.lastTunedMs };
    const reason = `${why}: downtime ${downtimeMs} ms of ${this.parameters.maxDowntimeMs} ms`;
    this.lastStep = { ...before, decision: setDowntime(downtimeMs, reason) };
    this.downtimeMs = downtimeMs;
    this.lastTunedMs = atMs;
    return this.lastStep.decision;
  }
}
