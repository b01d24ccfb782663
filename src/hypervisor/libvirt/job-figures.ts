/** The figures of an outgoing migration, with passes that begin at 1. */
import type { Sample } from '../observer.ts';
import { isUnderWay } from './own-job.ts';
import type { JobInfo } from './virsh/job-info.ts';

export class JobFigures {
  /** What libvirt counted before this migration began: some QEMU count on from an earlier, cancelled one. */
  private iterationBase: number | undefined;

  /** @param seenFromStart else what libvirt counts is taken as it is */
  constructor(seenFromStart: boolean) {
    this.iterationBase = seenFromStart ? undefined : 0;
  }

  passOf(iteration: number): number {
    this.iterationBase ??= iteration - 1;
    return Math.max(1, iteration - this.iterationBase);
  }

  /** Undefined until QEMU has begun to copy memory: libvirt first agrees with the other side and copies disks. */
  of(job: JobInfo): Sample['figures'] {
    const { memoryNormalBytes: carried = 0, dataProcessedBytes: sentBytes = 0 } = job;
    const { memoryIteration, memoryTotalBytes, memoryRemainingBytes } = job;
    if (!isUnderWay(job) || !memoryIteration || !memoryTotalBytes || memoryRemainingBytes === undefined)
      return undefined;
    return {
      pass: this.passOf(memoryIteration),
      sentBytes,
      ...(carried > sentBytes ? { carriedBytes: carried } : {}),
      remainingBytes: memoryRemainingBytes,
      totalBytes: memoryTotalBytes,
    };
  }
}
