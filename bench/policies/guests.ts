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
  readonly class: GuestClass;
  /** Every peer is tried on it, which takes about a quarter of an hour. */
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
    name: 'hotcold',
    summary: '20,000 writes a second over 192 MiB, nine in ten of them to a tenth of it',
    workload: { kind: 'hotcold', wssMiB: 192, pagesPerSecond: 20_000 },
    class: 'intensive',
    peers: true,
  },
  {
    name: 'random',
    summary: '30,000 writes a second to any place of 96 MiB',
    workload: { kind: 'random', wssMiB: 96, pagesPerSecond: 30_000 },
    class: 'intensive',
  },
  {
    name: 'phases',
    summary: 'rewrites 96 MiB for 6 s, rests for 3 s, and so on',
    workload: { kind: 'phases', wssMiB: 96, busySeconds: 6, calmSeconds: 3 },
    class: 'phased',
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
