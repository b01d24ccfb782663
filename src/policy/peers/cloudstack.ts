/**
 * Apache CloudStack: looks at the clock only. One fixed downtime after 1 s, where one is configured; a suspend
 * after `vm.migrate.pauseafter`, where configured; an abort after `migratewait`.
 *
 * Source: LibvirtMigrateCommandWrapper.java, agent.properties (2026). Its loop sleeps 100 ms, less than our
 * ticks, so every observation is a poll. Versions that still log by log4j 1 abort a running guest only, so never
 * one that `pause-after` has paused, and try the downtime once; this is the newest.
 */
import type { Observation } from '../../model/observation.ts';
import { QEMU_DEFAULT_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import { formatDuration } from '../../model/units.ts';
import type { Decision, Policy } from '../policy.ts';
import { abort, goOn, setDowntime } from './decisions.ts';
import { downtime, duration } from './parameters.ts';
import { type Chosen, definePeer } from './peer.ts';

/** When it sets the downtime: before that libvirt might not have begun. */
const SET_DOWNTIME_AT_MS = 1000;

/** 0 stands for CloudStack's -1: not configured. */
const PARAMETERS = {
  downtimeMs: downtime('downtime', '0s', 0),
  pauseAfterMs: duration('pause-after', '0s'),
  /** -1 for the agent, then overridden by the global setting `migratewait`. */
  waitMs: duration('wait', '3600s'),
};

export const cloudstack = definePeer({
  name: 'cloudstack',
  summary: 'Apache CloudStack: waits an hour, then aborts; pauses the guest before that if told to',
  source:
    'https://github.com/apache/cloudstack/blob/main/plugins/hypervisors/kvm/src/main/java/com/cloud/hypervisor/kvm/resource/wrapper/LibvirtMigrateCommandWrapper.java',
  // VIR_MIGRATE_COMPRESSED, for which libvirt takes xbzrle where no method is named.
  startsWith: { xbzrle: true },
  parameters: PARAMETERS,
  begin: (chosen) => new MigrateCommand(chosen),
});

class MigrateCommand implements Policy {
  readonly initialDowntimeLimitMs = QEMU_DEFAULT_DOWNTIME_MS;
  private readonly parameters: Chosen<typeof PARAMETERS>;
  private downtimeSet = false;
  private suspended = false;

  constructor(parameters: Chosen<typeof PARAMETERS>) {
    this.parameters = parameters;
  }

  /** It sets and suspends at every loop until that took. */
  takeFailure({ action }: Decision): void {
    if (action === 'set-downtime-limit') this.downtimeSet = false;
    if (action === 'suspend') this.suspended = false;
  }

  takeResume(): void {
    this.suspended = false;
  }

  observe({ atMs }: Observation): Decision {
    const { downtimeMs, pauseAfterMs, waitMs } = this.parameters;
    const passed = `${formatDuration(atMs)} passed`;
    if (atMs >= SET_DOWNTIME_AT_MS && !this.downtimeSet) {
      this.downtimeSet = true;
      if (downtimeMs > 0)
        return setDowntime(downtimeMs, `${passed}: the configured downtime, ${downtimeMs} ms`);
    }
    if (waitMs > 0 && atMs > waitMs) return abort(`${passed}, over the wait of ${formatDuration(waitMs)}`);
    if (pauseAfterMs > 0 && atMs > pauseAfterMs && !this.suspended) {
      // It suspends at every loop as long as the guest runs, which after the first time it does not.
      this.suspended = true;
      return { action: 'suspend', reason: `${passed}, over pause-after ${formatDuration(pauseAfterMs)}` };
    }
    return goOn(`${passed}, nothing is due`);
  }
}
