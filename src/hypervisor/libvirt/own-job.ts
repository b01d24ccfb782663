/** Whose a job is that libvirt shows of our domain. Pure. */
import type { JobInfo } from './virsh/job-info.ts';

/** An answer of `domjobinfo`, with the instants between which libvirt gave it. */
export interface JobLook {
  readonly job: JobInfo;
  readonly askedMs: number;
  readonly answeredMs: number;
}

export type JobOwner =
  /** No outgoing migration is there. */
  | 'nobody'
  | 'ours'
  /** It began before our virsh did. */
  | 'somebody-else'
  /** It began about when our virsh did: the next look tells. */
  | 'unclear';

/** @param virshBeganMs when our `virsh migrate` was started, on the same clock */
export function ownerOf({ job, askedMs, answeredMs }: JobLook, virshBeganMs: number): JobOwner {
  if (!isUnderWay(job)) return 'nobody';
  if (job.timeElapsedMs === undefined) return 'ours';
  // libvirt cuts the milliseconds.
  if (answeredMs - job.timeElapsedMs < virshBeganMs) return 'somebody-else';
  return askedMs - job.timeElapsedMs - 1 >= virshBeganMs ? 'ours' : 'unclear';
}

export function isUnderWay(job: JobInfo): boolean {
  return job.type === 'active' && job.migration !== 'in';
}
