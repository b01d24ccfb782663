/**
 * What the guest does with its memory, as told to its program on the kernel command line: `workload.c`, or
 * `application.c` in a guest that runs a real application.
 */
import { APPLICATION_KINDS, APPLICATIONS, isApplication, type StressMethod } from './applications.ts';

/** The lab's own, in which every page is accounted for. */
export const MEMORY_KINDS = ['idle', 'loop', 'random', 'hotcold', 'phases'] as const;
export const WORKLOAD_KINDS = [...MEMORY_KINDS, ...APPLICATION_KINDS] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

export interface Workload {
  /**
   * `idle` touches its working set once. `loop` rewrites it in order, `random` at random, `hotcold` sends 90 %
   * of the writes to 10 % of the pages, `phases` loops for `busySeconds` and rests for `calmSeconds`. The others
   * are real applications under load: see docs/lab.md.
   */
  readonly kind: WorkloadKind;
  /**
   * The working set in MiB. Default 16, or the application's. Of an application: the keys and values (redis), the
   * cache (memcached), the shared buffers (pgbench), the worker's memory (stress-ng), the encoder's memory (compress).
   */
  readonly wssMiB?: number;
  /** Not for applications: pages written a second, in bursts of 10 ms. Default 0: as fast as the processor can. */
  readonly pagesPerSecond?: number;
  /** Not for applications: `word` writes a small record into each page, `text` all 4096 bytes, which compress 3.6 times, `full` too, and random. Default `full`. */
  readonly page?: 'word' | 'text' | 'full';
  /** For `phases`. Default 5. */
  readonly busySeconds?: number;
  /** For `phases`. Default 5. */
  readonly calmSeconds?: number;
  /** Prints `beat N` on the guest's console every so often, which shows where the guest runs. Default: never. */
  readonly beatMs?: number;
  /** For `stress-ng`. Default `zero-one`. */
  readonly method?: StressMethod;
}

const DEFAULT_WSS_MIB = 16;
const DEFAULT_METHOD: StressMethod = 'zero-one';

/**
 * loglevel=6 leaves out the kernel's chatter but keeps its warnings. no_timer_check: an emulated timer is late on a
 * busy machine, and the kernel would take it for broken.
 */
const KERNEL_ARGUMENTS = ['console=ttyS0', 'loglevel=6', 'panic=0', 'no_timer_check', 'rdinit=/init'];

/** @returns what the guest's kernel is told; the words that it does not know it hands on to the guest's program */
export function kernelCommandLine(workload: Workload): string {
  return [...KERNEL_ARGUMENTS, ...workloadArguments(workload)].join(' ');
}

/** @returns the working set in MiB, whether it was chosen or not */
export function workingSetMiB({ kind, wssMiB }: Workload): number {
  return wssMiB ?? (isApplication(kind) ? APPLICATIONS[kind].defaultWssMiB : DEFAULT_WSS_MIB);
}

export function workloadArguments(workload: Workload): string[] {
  const { kind } = workload;
  const beat = workload.beatMs === undefined ? [] : [`beat=${workload.beatMs}`];
  const common = [`workload=${kind}`, `wss_mib=${workingSetMiB(workload)}`, ...beat];
  if (isApplication(kind)) {
    const method = kind === 'stress-ng' ? [`method=${workload.method ?? DEFAULT_METHOD}`] : [];
    return [...common, `store=${APPLICATIONS[kind].store}`, ...method];
  }
  return [
    ...common,
    `rate=${workload.pagesPerSecond ?? 0}`,
    `page=${workload.page ?? 'full'}`,
    `busy=${workload.busySeconds ?? 5}`,
    `calm=${workload.calmSeconds ?? 5}`,
  ];
}
