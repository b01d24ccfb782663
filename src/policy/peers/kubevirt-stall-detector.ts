/**
 * KubeVirt's migration monitor with stall detection (VEP 248, alpha in 1.9): at each pass boundary it asks the
 * stall detector; when stalled and at a local minimum it goes on by post-copy, forces stop-and-copy, allows
 * `max-downtime`, or aborts. It tries once: 60 s later it aborts if the guest still runs. What fails it has not
 * tried: it decides anew at the next boundary.
 *
 * Source: kubevirt pkg/virt-launcher/virtwrap/live-migration-source.go `handleStallDetection`,
 * `processCompletionTimeouts`, `triggerConvergenceAction`, stall-detector.go `decideAction` (main, 2026-08-22).
 */
import type { Counters, Observation } from '../../model/observation.ts';
import { QEMU_DEFAULT_DOWNTIME_MS, QEMU_LONGEST_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import { formatBytes, formatDuration } from '../../model/units.ts';
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
import { downtime, duration, factor, factorFrom, wholePercent, yesNo } from './parameters.ts';
import { type Chosen, definePeer } from './peer.ts';
import { PollClock } from './poll-clock.ts';
import { RecentRate } from './recent-rate.ts';
import { StallDetector } from './stall-detector.ts';

const PARAMETERS = {
  ...KUBEVIRT_OPTIONS,
  maxDowntimeMs: downtime('max-downtime', '900ms'),
  stallMargin: wholePercent('stall-margin', '4%'),
  /** The VEP's text says 60 s. */
  stallProgressTimeoutMs: duration('stall-progress-timeout', '40s'),
  switchoverTimeoutMs: duration('switchover-timeout', '60s'),
  ewmaAlpha: factor('ewma-alpha', 0.4, 1),
  precopyPossibleFactor: factorFrom(1, 'precopy-possible-factor', 1.5),
  patienceWindowDecayFactor: factorFrom(0, 'patience-window-decay-factor', 0.5, 1),
  searchLocalMinima: yesNo('search-local-minima', 'yes'),
  completionTimeoutFactor: factorFrom(1, 'completion-timeout-factor', 2),
};

export const kubevirtStallDetector = definePeer({
  name: 'kubevirt-stall-detector',
  summary: 'KubeVirt VEP 248: acts at a local minimum once no pass beat those older than 40 s by 4 %',
  source: 'https://github.com/kubevirt/kubevirt/blob/main/pkg/virt-launcher/virtwrap/stall-detector.go',
  startsWith: kubevirtStartsWith,
  parameters: PARAMETERS,
  begin: (chosen) => new StallMonitor(chosen),
});

/** What a switchover changes, and what its failure takes back. */
interface SwitchoverState {
  readonly initiated: boolean;
  readonly inPostCopy: boolean;
  /** Both in whole seconds, and known once begun; 0: no timeout. */
  readonly acceptableSeconds: number;
  readonly deadlineSeconds: number;
}

const NOT_BEGUN: SwitchoverState = {
  initiated: false,
  inPostCopy: false,
  acceptableSeconds: 0,
  deadlineSeconds: 0,
};

class StallMonitor implements Policy {
  readonly initialDowntimeLimitMs: number;
  private readonly options: Chosen<typeof PARAMETERS>;
  private readonly detector: StallDetector;
  private readonly rate = new RecentRate();
  private readonly clock = new PollClock(MONITOR_INTERVAL_MS);
  private begun = false;
  private initialSet = false;
  /** Smoothed; 0 until the first poll that knows a rate. */
  private ewmaBytesPerSecond = 0;
  /** `remaining` at the last boundary, with which the completion timeout reckons too. */
  private boundaryRemainingBytes = 0;
  private switchover = NOT_BEGUN;
  /** The decision that made it so, and what it was before. */
  private lastTry: { readonly decision: Decision; readonly before: SwitchoverState } | undefined;
  /** The guest has stopped. As in the source, nothing takes this back. */
  private paused = false;

  constructor(options: Chosen<typeof PARAMETERS>) {
    this.options = options;
    this.detector = new StallDetector(options);
    this.initialDowntimeLimitMs = Math.min(options.maxDowntimeMs, QEMU_DEFAULT_DOWNTIME_MS);
  }

  observe(observation: Observation): Decision {
    const rate = this.rate.observe(observation);
    const isBoundary = observation.kind === 'boundary';
    // A poll that was due before this boundary came first.
    const isPoll = this.clock.due(observation.atMs);
    if (isPoll && this.hasLeftPreCopy) this.boundaryRemainingBytes = observation.remainingBytes;
    else if (isPoll && rate !== undefined) this.smooth(rate);
    if (!isPoll && !isBoundary) return BETWEEN_POLLS;
    // The loop sleeps anew after each event: passes shorter than 400 ms keep it from polling at all.
    if (isBoundary) this.clock.restart(observation.atMs);

    if (!this.begun) this.begin(observation);
    const decided = isBoundary ? this.iteration(observation) : goOn('only boundaries are compared');
    const acting = decided.action === 'continue' ? this.completionTimeout(observation) : decided;
    if (acting.action !== 'continue') {
      // The source sets the initial one before these, so that it never comes after them.
      this.initialSet = true;
      return acting;
    }
    if (this.initialSet) return decided;
    this.initialSet = true;
    return setDowntime(this.initialDowntimeLimitMs, 'the initial downtime');
  }

  takeFailure(decision: Decision): void {
    if (this.lastTry && isSame(decision, this.lastTry.decision)) {
      this.switchover = this.lastTry.before;
      this.lastTry = undefined;
    } else if (decision.action === 'set-downtime-limit') this.initialSet = false;
  }

  takeStop(): void {
    if (!this.switchover.inPostCopy) this.paused = true;
  }

  private begin({ totalBytes }: Counters): void {
    this.begun = true;
    const seconds = acceptableCompletionSeconds(totalBytes, this.options.completionTimeoutMsPerGB);
    this.switchover = { ...NOT_BEGUN, acceptableSeconds: seconds, deadlineSeconds: seconds };
  }

  /** What is left is then read at each poll, and says nothing of the live passes' bandwidth. */
  private get hasLeftPreCopy(): boolean {
    return this.paused || this.switchover.inPostCopy;
  }

  private smooth(rateBytesPerSecond: number): void {
    const { ewmaAlpha } = this.options;
    const before = this.ewmaBytesPerSecond;
    this.ewmaBytesPerSecond =
      before === 0 ? rateBytesPerSecond : ewmaAlpha * rateBytesPerSecond + (1 - ewmaAlpha) * before;
  }

  private iteration(boundary: Counters): Decision {
    const { remainingBytes } = boundary;
    this.boundaryRemainingBytes = remainingBytes;
    if (this.ewmaBytesPerSecond === 0) return goOn('boundary skipped: no poll has sampled the bandwidth');
    if (this.switchover.initiated) return goOn('a switchover was initiated before');
    if (!this.detector.process(boundary)) return goOn(`${formatBytes(remainingBytes)} dirty: not stalled`);
    return this.decideAction(boundary);
  }

  private decideAction(boundary: Counters): Decision {
    const { maxDowntimeMs, precopyPossibleFactor, searchLocalMinima } = this.options;
    const best = formatBytes(this.detector.bestRemainingBytes ?? 0);
    const stalled = `stalled: ${formatBytes(boundary.remainingBytes)} dirty, the best so far is ${best}`;
    if (searchLocalMinima && !this.detector.isAtLocalMinimum(boundary))
      return goOn(`${stalled}: not at a local minimum`);

    const estimatedMs = this.estimatedDowntimeMs();
    const estimate = `an estimated downtime of ${formatDuration(estimatedMs)}`;
    if (!this.canFinish(boundary.atMs)) return goOn(`${stalled}: ${estimate} is over the time that is left`);

    if (mayDisrupt(this.options) && canPostCopy(this.options))
      return this.goOnByPostCopy(`${stalled}, ${estimate}`);
    if (mayDisrupt(this.options))
      return this.allow(boundary.atMs, QEMU_LONGEST_DOWNTIME_MS, `${stalled}, ${estimate}: forced`);
    const max = `the maximum of ${formatDuration(maxDowntimeMs)}`;
    if (estimatedMs <= maxDowntimeMs)
      return this.allow(boundary.atMs, maxDowntimeMs, `${stalled}, ${estimate} is within ${max}`);
    // Over the maximum, which is all that it allows: it can only work by luck.
    if (estimatedMs <= maxDowntimeMs * precopyPossibleFactor)
      return this.allow(
        boundary.atMs,
        maxDowntimeMs,
        `${stalled}, ${estimate} is within ${precopyPossibleFactor} times ${max}`,
      );
    return abort(`${stalled}, ${estimate} is over ${precopyPossibleFactor} times ${max}`, estimatedMs);
  }

  /** Once the guest has stopped it has until the acceptable time, and no longer until the switchover's deadline. */
  private completionTimeout({ atMs }: Counters): Decision {
    const { initiated, inPostCopy, acceptableSeconds } = this.switchover;
    const elapsedSeconds = Math.trunc(atMs / 1000);
    const deadlineSeconds = this.paused ? acceptableSeconds : this.switchover.deadlineSeconds;
    if (acceptableSeconds === 0 || elapsedSeconds <= deadlineSeconds || inPostCopy)
      return goOn('within the completion timeout');
    const late = `${elapsedSeconds} s passed, over the deadline of ${deadlineSeconds} s`;
    if (this.ewmaBytesPerSecond === 0) return abort(`${late}, and no poll has sampled the bandwidth`);
    const estimatedMs = this.estimatedDowntimeMs();
    if (!initiated && this.canFinish(atMs)) {
      if (canPostCopy(this.options)) return this.goOnByPostCopy(late);
      if (mayDisrupt(this.options))
        return this.allow(atMs, QEMU_LONGEST_DOWNTIME_MS, `${late}: forced`, this.scaledAcceptableSeconds());
    }
    return abort(late, estimatedMs);
  }

  private goOnByPostCopy(reason: string): Decision {
    return this.try({ action: 'post-copy', reason }, { inPostCopy: true });
  }

  /** Allows that pause, once, and waits for it no longer than the switchover timeout. */
  private allow(
    atMs: number,
    downtimeMs: number,
    reason: string,
    acceptableSeconds = this.switchover.acceptableSeconds,
  ): Decision {
    const deadlineSeconds = Math.trunc(atMs / 1000) + Math.trunc(this.options.switchoverTimeoutMs / 1000);
    return this.try(setDowntime(downtimeMs, `${reason}; downtime ${downtimeMs} ms`), {
      acceptableSeconds,
      deadlineSeconds,
    });
  }

  private try(decision: Decision, changes: Partial<SwitchoverState>): Decision {
    this.lastTry = { decision, before: this.switchover };
    this.switchover = { ...this.switchover, ...changes, initiated: true };
    return decision;
  }

  private estimatedDowntimeMs(): number {
    return Math.trunc((this.boundaryRemainingBytes / this.ewmaBytesPerSecond) * 1000);
  }

  /** Keeps it from switching over while the network is down. */
  private canFinish(atMs: number): boolean {
    const leftMs = (this.scaledAcceptableSeconds() - Math.trunc(atMs / 1000)) * 1000;
    return this.estimatedDowntimeMs() <= leftMs;
  }

  private scaledAcceptableSeconds(): number {
    return Math.trunc(this.switchover.acceptableSeconds * this.options.completionTimeoutFactor);
  }
}
