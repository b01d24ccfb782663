/** The guests that every policy is tried on. Data: the policies never see which one they are on. */
import type { Workload } from '../../lab/guest/workload.ts';

/** What stock QEMU is expected to make of a guest; the bench measures whether it does. */
export type GuestClass =
  /** Never arrives under stock QEMU. */
  | 'intensive'
  /** Arrives when it happens to be calm. */
  | 'phased'
  /** Arrives by itself. */
  | 'healthy';

export interface BenchGuest {
  readonly name: string;
  /** One line for the reader of the tables. */
  readonly summary: string;
  readonly workload: Workload;
  /** Default: the lab's own, 512. */
  readonly memoryMiB?: number;
  /** Of its link. Default: what the settings have for all. */
  readonly rateBitsPerSecond?: number;
  readonly class: GuestClass;
  /** All peers are tried on it, which takes about twenty minutes. */
  readonly peers?: boolean;
  /** Part of `--quick`. */
  readonly quick?: boolean;
}

export const GUESTS: readonly BenchGuest[] = [
  {
    name: 'loop',
    summary: 'rewrites 128 MiB in order, as fast as it can',
    workload: { kind: 'loop', wssMiB: 128 },
    class: 'intensive',
    peers: true,
    quick: true,
  },
  {
    name: 'stress-ng',
    summary: 'stress-ng rewrites 96 MiB with random numbers and reads them back (`--vm-method rand-set`)',
    workload: { kind: 'stress-ng', method: 'rand-set' },
    class: 'intensive',
    peers: true,
  },
  {
    name: 'redis',
    summary: 'redis-benchmark sets keys of 96 MiB at random, as fast as it can, on a link of half the rate',
    workload: { kind: 'redis' },
    // An emulated processor writes as much less as this link is slower than those of today.
    rateBitsPerSecond: 240e6,
    class: 'intensive',
  },
  {
    name: 'stress-ng-phases',
    summary: 'stress-ng sets 96 MiB to zero and to one and reads them back in between (`zero-one`)',
    workload: { kind: 'stress-ng', method: 'zero-one' },
    class: 'phased',
  },
  {
    name: 'pgbench',
    summary: 'PostgreSQL under pgbench, four clients, as fast as they can',
    workload: { kind: 'pgbench' },
    class: 'healthy',
  },
  {
    name: 'compress',
    summary: 'xz compresses its own programs and unpacks them again',
    workload: { kind: 'compress' },
    class: 'healthy',
  },
  {
    name: 'light',
    summary: '2,000 writes a second to any place of 64 MiB',
    workload: { kind: 'random', wssMiB: 64, pagesPerSecond: 2000 },
    class: 'healthy',
    quick: true,
  },
  {
    name: 'idle',
    summary: 'does nothing',
    workload: { kind: 'idle' },
    class: 'healthy',
  },
];
