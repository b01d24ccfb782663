/**
 * oVirt: every 10 s, if a pass began since the last look, VDSM takes the head of a schedule when more passes
 * than its limit have gone by since the first look. "Stalling" is thus only the number of passes, and at most
 * one item is taken in 10 s however many passes those had. `remaining` is logged and decides nothing.
 *
 * Source: vdsm lib/vdsm/virt/migration.py `MonitorThread` (2026-06-25).
 */
import type { Observation } from '../../model/observation.ts';
import type { Decision, Policy, StartsWith } from '../policy.ts';
import { abort, BETWEEN_POLLS, goOn, setDowntime } from './decisions.ts';
import {
  type ConvergenceAction,
  type ConvergenceSchedule,
  LEGACY,
  MINIMAL_DOWNTIME,
  POST_COPY,
  SUSPEND_WORKLOAD,
  VERY_LARGE_VMS,
} from './ovirt-schedules.ts';
import { durationOrOff } from './parameters.ts';
import { definePeer, type PeerEntry, QEMU_AUTO_CONVERGE } from './peer.ts';
import { PollClock } from './poll-clock.ts';

const PARAMETERS = { monitorIntervalMs: durationOrOff('monitor-interval', '10s', 1000) };
const AUTO_CONVERGE: StartsWith = { autoConverge: QEMU_AUTO_CONVERGE };

export const ovirtMinimalDowntime = ovirt(
  'minimal-downtime',
  MINIMAL_DOWNTIME,
  'downtime 100 to 500 ms by passes, then aborts',
  AUTO_CONVERGE,
);
export const ovirtSuspendWorkload = ovirt(
  'suspend-workload',
  SUSPEND_WORKLOAD,
  'downtime 100 to 500 ms by passes, then 5 s, then aborts',
  { ...AUTO_CONVERGE, xbzrle: true },
);
export const ovirtPostCopy = ovirt(
  'post-copy',
  POST_COPY,
  'downtime 100 to 200 ms by passes, then post-copy',
  {
    ...AUTO_CONVERGE,
    postCopyCapable: true,
  },
);
export const ovirtVeryLargeVms = ovirt(
  'very-large-vms',
  VERY_LARGE_VMS,
  'downtime 300 to 1500 ms by passes, then 5 s, then aborts',
  AUTO_CONVERGE,
);
export const ovirtLegacy = ovirt(
  'legacy',
  LEGACY,
  'downtime 101 to 500 ms by passes, aborts after 42 more',
  // The schedule says nothing of auto-converge, which its engines set apart: taken as off.
  {},
);

function ovirt(
  policy: string,
  schedule: ConvergenceSchedule,
  what: string,
  startsWith: StartsWith,
): PeerEntry {
  return definePeer({
    name: `ovirt-${policy}`,
    summary: `oVirt ${policy}: ${what}`,
    source: 'https://github.com/oVirt/vdsm/blob/master/lib/vdsm/virt/migration.py',
    startsWith,
    parameters: PARAMETERS,
    begin: ({ monitorIntervalMs }) => new MonitorThread(schedule, monitorIntervalMs),
  });
}

class MonitorThread implements Policy {
  readonly initialDowntimeLimitMs: number;
  /** Undefined where the monitor is off. */
  private readonly clock: PollClock | undefined;
  private readonly stalling: ConvergenceSchedule['stalling'];
  /** Items taken so far. */
  private taken = 0;
  private initialSet = false;
  private firstPass: number | undefined;
  private lastPass = 0;

  constructor(schedule: ConvergenceSchedule, intervalMs: number) {
    this.initialDowntimeLimitMs = schedule.initialDowntimeMs;
    this.stalling = schedule.stalling;
    this.clock = intervalMs === 0 ? undefined : new PollClock(intervalMs);
  }

  observe({ atMs, pass }: Observation): Decision {
    if (!this.initialSet) {
      this.initialSet = true;
      return setDowntime(this.initialDowntimeLimitMs, 'the initial downtime of the schedule');
    }
    if (!this.clock?.due(atMs)) return BETWEEN_POLLS;
    if (this.firstPass === undefined) {
      // libvirt's count may go on from a migration that was cancelled before, so VDSM counts from its first look.
      this.firstPass = pass;
      this.lastPass = pass;
    }
    if (pass <= this.lastPass) return goOn(`still pass ${pass}`);
    this.lastPass = pass;
    return this.next(pass - this.firstPass);
  }

  private next(stallingPasses: number): Decision {
    const head = this.stalling[this.taken];
    if (head === undefined) return goOn('the schedule is used up');
    if (stallingPasses <= head.limit)
      return goOn(`pass ${stallingPasses} since the first look, the next item needs more than ${head.limit}`);
    this.taken += 1;
    return carryOut(
      head.action,
      `item ${this.taken} of ${this.stalling.length} of the schedule: ${stallingPasses} passes since the first look, limit ${head.limit}`,
    );
  }
}

function carryOut(action: ConvergenceAction, reason: string): Decision {
  if (action === 'abort') return abort(reason);
  if (action === 'post-copy') return { action, reason };
  return setDowntime(action.downtimeMs, `${reason}: downtime ${action.downtimeMs} ms`);
}
