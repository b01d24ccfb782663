/**
 * What a daemon before this one left of its brakes. The guard that undoes a quota when its controller dies (`cpu-quota/guard.ts`) is a
 * process of the same unit, and systemd ends those together: a daemon that it kills, for the watchdog or for its memory, can leave a
 * guest at a fiftieth of its speed. If its migration goes on, taking it over undoes that; if it has ended meanwhile, this does.
 */
import { hasQuota, releaseLeft } from '../hypervisor/cpu-quota/vcpu-quota.ts';
import { everyQemuHere } from '../hypervisor/libvirt/domain-process.ts';
import type { Initiator } from '../journal/initiator.ts';
import { LeaseHeldError, takeLease } from '../migration/lease.ts';
import type { WatchLog } from './watch-log.ts';

export interface LeftBrakesParts {
  readonly initiator: Initiator;
  readonly log: Pick<WatchLog, 'say'>;
}

/** Of all guests on this machine that nobody drives now. Never rejects. */
export async function releaseLeftBrakes({ initiator, log }: LeftBrakesParts): Promise<void> {
  for (const { uuid, threads } of everyQemuHere()) {
    if (!hasQuota(threads)) continue;
    try {
      // Whoever brakes a guest now holds its lease.
      await using _lease = await takeLease(uuid, {
        pid: initiator.pid,
        user: initiator.user,
        command: initiator.command.join(' '),
        since: new Date().toISOString(),
      });
      if (releaseLeft(threads)) log.say(`a quota that was left on the vCPUs of ${uuid} is taken back`);
    } catch (error) {
      if (error instanceof LeaseHeldError) continue;
      log.say(
        `a quota may be left on the vCPUs of ${uuid}: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
}
