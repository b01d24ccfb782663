/** What a host says of a domain, as what it means for a migration. */
import { RefusedError, type SideState } from '../../hypervisor.ts';
import type { JobInfo } from '../virsh/job-info.ts';
import { refusalOf } from '../virsh/refusal.ts';
import { virsh } from '../virsh/virsh.ts';
import { jobOf } from './domain-job.ts';

/**
 * @param state as `virsh domstate --reason` prints it: `paused (migrating)`
 * @param migration which way the domain's present job moves it
 */
export function sideStateOf(state: string, migration: JobInfo['migration']): SideState {
  const [, word = '', reason = ''] = /^([a-z ]+?)(?: \((.*)\))?$/.exec(state.trim()) ?? [];
  switch (word) {
    case 'running':
    case 'idle':
      return 'running';
    case 'paused':
    case 'in shutdown':
      if (migration === 'in') return 'incoming';
      // Half of its memory may be on the other side: only that one can run it.
      if (reason.startsWith('post-copy')) return 'handed-over';
      return reason.startsWith('migrat') && migration === 'out' ? 'switching-over' : 'paused';
    case 'pmsuspended':
      return 'paused';
    case 'shut off':
      return reason === 'migrated' ? 'handed-over' : 'gone';
    default:
      return 'gone';
  }
}

/** Never throws: `silent` when the host does not answer, `gone` when it has no such domain. */
export async function sideStateAt(uri: string | undefined, uuid: string): Promise<SideState> {
  if (uri === undefined) return 'unknown';
  try {
    const [state, job] = await Promise.all([
      virsh(uri, ['domstate', `--domain=${uuid}`, '--reason'], { timeoutMs: 10_000 }),
      jobOf(uri, uuid),
    ]);
    return sideStateOf(state, job.migration);
  } catch (error) {
    return isNoDomain(error) ? 'gone' : 'silent';
  }
}

export function isNoDomain(error: unknown): boolean {
  const refusal = refusalOf('', error);
  return refusal instanceof RefusedError && refusal.code === 'no-domain';
}
