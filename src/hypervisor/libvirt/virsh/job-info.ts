/** The job of a domain, as `virsh domjobinfo --rawstats` and the event `job-completed` print it. */

/** virDomainJobType (libvirt-domain.h). */
const JOB_TYPES = ['none', 'active', 'active', 'completed', 'failed', 'cancelled'] as const;
export type JobType = (typeof JOB_TYPES)[number];

/** virDomainJobOperation (libvirt-domain.h): the two that are migrations. */
const MIGRATION_IN = 4;
const MIGRATION_OUT = 5;

/** libvirt counts in 64 bits; longer ones are no figures. */
const FIGURE = /^\d{1,20}$/;

/** Bytes and milliseconds; a figure that libvirt left out is undefined. */
export interface JobInfo {
  readonly type: JobType;
  readonly migration: 'in' | 'out' | undefined;
  readonly timeElapsedMs: number | undefined;
  /** While it runs: what QEMU expects the pause to be. Once completed: from STOP to the guest running again. */
  readonly downtimeMs: number | undefined;
  /** Memory and storage together. */
  readonly dataProcessedBytes: number | undefined;
  /** Guest memory in pages that were sent whole, before any compression. */
  readonly memoryNormalBytes: number | undefined;
  readonly memoryTotalBytes: number | undefined;
  readonly memoryRemainingBytes: number | undefined;
  readonly memoryBytesPerSecond: number | undefined;
  /** Dirty-bitmap syncs so far. Some libvirt and QEMU count on from an earlier, cancelled migration. */
  readonly memoryIteration: number | undefined;
  readonly autoConvergeThrottlePercent: number | undefined;
  readonly errorMessage: string | undefined;
}

export function parseJobInfo(text: string): JobInfo {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  const number = (name: string) => {
    const value = fields.get(name);
    return value === undefined || !FIGURE.test(value) ? undefined : Number(value);
  };
  const operation = number('operation');
  return {
    type: JOB_TYPES[number('Job type') ?? 0] ?? 'none',
    migration: operation === MIGRATION_OUT ? 'out' : operation === MIGRATION_IN ? 'in' : undefined,
    timeElapsedMs: number('time_elapsed'),
    downtimeMs: number('downtime'),
    dataProcessedBytes: number('data_processed'),
    memoryNormalBytes: number('memory_normal_bytes'),
    memoryTotalBytes: number('memory_total'),
    memoryRemainingBytes: number('memory_remaining'),
    memoryBytesPerSecond: number('memory_bps'),
    memoryIteration: number('memory_iteration'),
    autoConvergeThrottlePercent: number('auto_converge_throttle'),
    errorMessage: fields.get('errmsg'),
  };
}
