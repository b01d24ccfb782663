/**
 * OpenStack Nova: looks at the clock only. Every 0.5 s it raises the downtime limit along a line from 50 ms to
 * 500 ms whose steps are as long as the guest is large, and at the completion timeout it aborts, or forces the
 * end by post-copy where permitted and by a pause otherwise.
 *
 * Source: nova/virt/libvirt/driver.py `_live_migration_monitor`, migration.py `downtime_steps`,
 * `update_downtime`, `should_trigger_timeout_action`, `run_tasks`; defaults of nova/conf/libvirt.py (2026-08-21).
 */
import type { Observation } from '../../model/observation.ts';
import { formatDuration } from '../../model/units.ts';
import type { Decision, Policy, StartsWith } from '../policy.ts';
import { abort, BETWEEN_POLLS, goOn, setDowntime } from './decisions.ts';
import { count, downtime, duration, yesNo } from './parameters.ts';
import { type Chosen, definePeer } from './peer.ts';
import { PollClock } from './poll-clock.ts';

const SOURCE = 'https://opendev.org/openstack/nova/src/branch/master/nova/virt/libvirt/migration.py';
const POLL_INTERVAL_MS = 500;
const LEAST_DATA_GIB = 2;

const PARAMETERS = {
  downtimeMs: downtime('downtime', '500ms', 100),
  downtimeSteps: count('downtime-steps', 10, 3),
  downtimeDelayMsPerGiB: duration('downtime-delay-per-gib', '75s', 3000),
  /** 0 s: never. */
  completionTimeoutMsPerGiB: duration('completion-timeout-per-gib', '800s'),
  permitPostCopy: yesNo('permit-post-copy', 'no'),
};

export const nova = definePeer({
  name: 'nova',
  summary: 'OpenStack Nova: downtime 50 to 500 ms by the clock, aborts at the completion timeout',
  source: SOURCE,
  startsWith,
  parameters: PARAMETERS,
  begin: (chosen) => new NovaMonitor(chosen, 'abort'),
});

export const novaForceComplete = definePeer({
  name: 'nova-force-complete',
  summary: 'OpenStack Nova with force_complete: as nova, but pauses the guest at the completion timeout',
  source: SOURCE,
  startsWith,
  parameters: PARAMETERS,
  begin: (chosen) => new NovaMonitor(chosen, 'force-complete'),
});

/** Auto-converge has to be permitted (`live_migration_permit_auto_converge`), and by default is not. */
function startsWith({ permitPostCopy }: Chosen<typeof PARAMETERS>): StartsWith {
  return { postCopyCapable: permitPostCopy };
}

class NovaMonitor implements Policy {
  readonly initialDowntimeLimitMs: number;
  private readonly parameters: Chosen<typeof PARAMETERS>;
  private readonly timeoutAction: 'abort' | 'force-complete';
  /** The monitor's loop polls first and sleeps then. */
  private readonly clock = new PollClock(POLL_INTERVAL_MS, 0);
  /** What it set last; undefined before the first step. */
  private downtimeMs: number | undefined;
  private forcing: 'not yet' | 'queued' | 'done' = 'not yet';
  /** The poll that forced the end has its step of the downtime left, which Nova takes in the same poll. */
  private stepLeftAtMs: number | undefined;

  constructor(parameters: Chosen<typeof PARAMETERS>, timeoutAction: 'abort' | 'force-complete') {
    this.parameters = parameters;
    this.timeoutAction = timeoutAction;
    // In force from the first poll on, that is from the first instant.
    this.initialDowntimeLimitMs = this.stepDowntimeMs(0);
  }

  observe({ atMs, totalBytes }: Observation): Decision {
    if (!this.clock.due(atMs)) return this.stepLeft(totalBytes);
    this.stepLeftAtMs = undefined;
    const dataGiB = dataGiBOf(totalBytes);
    const elapsedSeconds = atMs / 1000;

    if (this.forcing === 'queued') {
      this.stepLeftAtMs = atMs;
      return this.forceComplete();
    }
    const timeoutSeconds = Math.trunc((this.parameters.completionTimeoutMsPerGiB / 1000) * dataGiB);
    if (timeoutSeconds > 0 && elapsedSeconds > timeoutSeconds && this.forcing === 'not yet') {
      if (this.timeoutAction === 'abort')
        return abort(
          `${formatDuration(atMs)} passed, over the completion timeout of ${formatDuration(timeoutSeconds * 1000)} for ${giB(dataGiB)}`,
        );
      // force_complete goes into a queue that is emptied at the top of the next poll.
      this.forcing = 'queued';
    }
    return this.stepDowntime(elapsedSeconds, dataGiB);
  }

  /** Nova asks again at every poll past the timeout until the guest is in post-copy, or stands still. */
  takeFailure({ action }: Decision): void {
    if (this.forcing === 'done' && (action === 'post-copy' || action === 'suspend')) this.forcing = 'queued';
  }

  takeResume(): void {
    if (this.forcing === 'done' && !this.parameters.permitPostCopy) this.forcing = 'queued';
  }

  private stepLeft(totalBytes: number): Decision {
    const atMs = this.stepLeftAtMs;
    if (atMs === undefined) return BETWEEN_POLLS;
    this.stepLeftAtMs = undefined;
    return this.stepDowntime(atMs / 1000, dataGiBOf(totalBytes));
  }

  private forceComplete(): Decision {
    this.forcing = 'done';
    if (this.parameters.permitPostCopy)
      return { action: 'post-copy', reason: 'the completion timeout has passed and post-copy is permitted' };
    return {
      action: 'suspend',
      reason: 'the completion timeout has passed: the guest is paused to force the end',
    };
  }

  private stepDowntime(elapsedSeconds: number, dataGiB: number): Decision {
    const delaySeconds = Math.trunc((this.parameters.downtimeDelayMsPerGiB / 1000) * dataGiB);
    // A step counts once more time has passed than its start; the first starts at 0.
    const stepsBegun = Math.ceil(elapsedSeconds / delaySeconds);
    if (stepsBegun <= 0) return goOn('no step of the downtime has begun');
    const step = Math.min(stepsBegun - 1, this.parameters.downtimeSteps);
    const downtimeMs = this.stepDowntimeMs(step);
    if (downtimeMs === this.downtimeMs) return goOn(`the downtime stays at ${downtimeMs} ms`);
    this.downtimeMs = downtimeMs;
    return setDowntime(
      downtimeMs,
      `step ${step} of ${this.parameters.downtimeSteps}, begun at ${delaySeconds * step} s for ${giB(dataGiB)}: downtime ${downtimeMs} ms`,
    );
  }

  private stepDowntimeMs(step: number): number {
    const { downtimeMs, downtimeSteps } = this.parameters;
    const baseMs = downtimeMs / downtimeSteps;
    const offsetMs = (downtimeMs - baseMs) / downtimeSteps;
    return Math.trunc(baseMs + offsetMs * step);
  }
}

/**
 * Shared storage: no disk is part of the data. Nova takes the flavor's memory, which is a little less than what the
 * hypervisor migrates (video memory, firmware).
 */
function dataGiBOf(totalBytes: number): number {
  return Math.max(LEAST_DATA_GIB, totalBytes / 2 ** 30);
}

function giB(dataGiB: number): string {
  return `${Number(dataGiB.toPrecision(3))} GiB`;
}
