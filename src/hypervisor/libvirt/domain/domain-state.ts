/** What a host says of a domain, as what it means for a migration. */
import type { Side, SideState } from '../../hypervisor.ts';
import { REAL_ACCESS } from '../access.ts';
import { entryOf } from '../entry-of.ts';
import { SHUT_ITSELF_DOWN } from '../life-cycle.ts';
import type { JobInfo } from '../virsh/job-info.ts';
import { isNoDomain, isOutOfReach } from '../virsh/refusal.ts';
import { type AskVirsh, jobOf, virshAt } from './domain-job.ts';

/** One side, as its host sees it. */
export interface SideLook {
  readonly state: SideState;
  /** Who has stopped the guest there, where that was not a migration. */
  readonly heldBy?: string | undefined;
  /** How the guest ended there, where the host still knows. */
  readonly guestEnded?: string | undefined;
  /** It stands still there, and its domain is there. */
  readonly standsStill?: boolean;
  /** libvirt has not ended the migration from there yet. */
  readonly jobLasts?: boolean;
}

/** libvirt's reasons of a pause that is not the migration's (virDomainPausedReason, as `domstate --reason` says them). */
const HOLDERS: Record<string, string> = {
  user: 'an operator',
  'I/O error': 'an I/O error',
  watchdog: "the guest's watchdog",
  'from snapshot': 'a snapshot',
  'creating snapshot': 'a snapshot',
  saving: 'a save',
  dumping: 'a dump',
  'shutting down': 'its shutdown',
  crashed: "the guest's crash",
};

/** libvirt's reasons of an end that is not the migration's. */
const ENDS: Record<string, string> = {
  shutdown: SHUT_ITSELF_DOWN,
  destroyed: 'the guest was destroyed',
  crashed: "the guest's QEMU crashed",
  saved: 'the guest was saved to disk',
  failed: "the guest's QEMU ended",
  daemon: "the guest's QEMU ended",
};

/**
 * @param state as `virsh domstate --reason` prints it: `paused (migrating)`
 * @param migration which way the domain's present job moves it
 * @param side on which it is: the source that is `paused (migrating)` without a job has sent everything, and libvirt
 *   does not know what came of it (its libvirtd was restarted in the last phase, PERFORM3_DONE)
 */
export function sideLookOf(state: string, migration: JobInfo['migration'], side: Side): SideLook {
  const [, word = '', reason = ''] = /^([a-z ]+?)(?: \((.*)\))?$/.exec(state.trim()) ?? [];
  switch (word) {
    case 'running':
    case 'idle':
      return { state: 'running' };
    case 'paused':
    case 'in shutdown':
      return stoppedLook(word === 'paused' ? reason : 'shutting down', migration, side);
    case 'pmsuspended':
      return { state: 'paused', standsStill: true, heldBy: 'the guest, which sleeps' };
    case 'shut off':
      return reason === 'migrated'
        ? { state: 'handed-over' }
        : { state: 'gone', guestEnded: entryOf(ENDS, reason) };
    default:
      return { state: 'gone' };
  }
}

function stoppedLook(reason: string, migration: JobInfo['migration'], side: Side): SideLook {
  if (migration === 'in') return { state: 'incoming', standsStill: true };
  // Half of its memory may be on the other side: only that one can run it.
  if (reason.startsWith('post-copy')) return { state: 'handed-over', standsStill: true };
  const migrating = reason.startsWith('migrat');
  if (migrating && migration === 'out') return { state: 'switching-over', standsStill: true };
  if (migrating && side === 'source') return { state: 'handed-over', standsStill: true };
  return { state: 'paused', standsStill: true, heldBy: entryOf(HOLDERS, reason) };
}

/** Never throws: `unreachable` when the host cannot be asked, `silent` when it does not answer, `gone` by its word. */
export async function lookAtSide(ask: AskVirsh, uuid: string, side: Side): Promise<SideLook> {
  try {
    // In this order: a job that ends in between leaves the state that lasts, and the other way round one that never was.
    const { migration, type } = await jobOf(ask, uuid);
    const look = sideLookOf(await ask(['domstate', uuid, '--reason']), migration, side);
    return type !== 'none' && migration === 'out' ? { ...look, jobLasts: true } : look;
  } catch (error) {
    if (isNoDomain(error)) return { state: 'gone' };
    return { state: isOutOfReach(error) ? 'unreachable' : 'silent' };
  }
}

/** The same, for one look. */
export async function sideStateAt(
  uri: string | undefined,
  uuid: string,
  side: Side = 'destination',
  access = REAL_ACCESS,
): Promise<SideState> {
  if (uri === undefined) return 'unknown';
  return (await lookAtSide(virshAt(uri, access), uuid, side)).state;
}
