/**
 * What the guest does with its memory, as told to `workload.c` on the kernel command line.
 */
export const WORKLOAD_KINDS = ['idle', 'loop', 'random', 'hotcold', 'phases'] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

export interface Workload {
  /**
   * `idle` touches its working set once. `loop` rewrites it in order, `random` at random, `hotcold` sends 90 %
   * of the writes to 10 % of the pages, `phases` loops for `busySeconds` and rests for `calmSeconds`.
   */
  readonly kind: WorkloadKind;
  /** The working set in MiB. Default 16. */
  readonly wssMiB?: number;
  /** Pages written a second, in bursts of 10 ms. Default 0: as fast as the processor can. */
  readonly pagesPerSecond?: number;
  /** `word` writes a small record into each page, `full` all 4096 bytes, incompressible. Default `word`. */
  readonly page?: 'word' | 'full';
  /** For `phases`. Default 5. */
  readonly busySeconds?: number;
  /** For `phases`. Default 5. */
  readonly calmSeconds?: number;
}

/**
 * loglevel=6 leaves out the kernel's chatter but keeps its warnings. no_timer_check: an emulated timer is late on a
 * busy machine, and the kernel would take it for broken.
 */
const KERNEL_ARGUMENTS = ['console=ttyS0', 'loglevel=6', 'panic=0', 'no_timer_check', 'rdinit=/init'];

/** @returns what the guest's kernel is told; the words that it does not know it hands on to the workload */
export function kernelCommandLine(workload: Workload): string {
  return [...KERNEL_ARGUMENTS, ...workloadArguments(workload)].join(' ');
}

export function workloadArguments(workload: Workload): string[] {
  return [
    `workload=${workload.kind}`,
    `wss_mib=${workload.wssMiB ?? 16}`,
    `rate=${workload.pagesPerSecond ?? 0}`,
    `page=${workload.page ?? 'word'}`,
    `busy=${workload.busySeconds ?? 5}`,
    `calm=${workload.calmSeconds ?? 5}`,
  ];
}
