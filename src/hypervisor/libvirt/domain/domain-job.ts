import { type JobInfo, parseJobInfo } from '../virsh/job-info.ts';
import { VirshError, virsh } from '../virsh/virsh.ts';

/**
 * The present job of a domain; `none` also for one that is shut off or whose host does not answer.
 * libvirt tells the figures of a migration only on its source; its refusal names the incoming ones.
 */
export async function jobOf(uri: string, uuid: string): Promise<JobInfo> {
  try {
    const args = ['domjobinfo', `--domain=${uuid}`, '--rawstats'];
    return parseJobInfo(await virsh(uri, args, { timeoutMs: 10_000 }));
  } catch (error) {
    const incoming = error instanceof VirshError && /only on the source host/.test(error.message);
    return parseJobInfo(incoming ? 'Job type: 2\noperation: 4' : '');
  }
}
