/**
 * What a switchover costs beside the memory before one was seen: an estimate that grows with the guest.
 *
 * The last sync walks a bit for each page, whoever wrote it, and asks each vhost device for its log; the state of each vCPU
 * is read, sent and loaded. Published, for a sync or what else goes through all pages with the guest stopped:
 *
 *     guest                                      took        a GiB
 *     256 GiB, 64 vCPUs, 24 vhost-user devices   12 ms       0.05 ms   QEMU, once its clear_dirty ioctls are merged
 *     the same, before                           73 ms       0.29 ms   (C. Xu, qemu-devel, 2025-12-18, msg1157739)
 *     512 GiB, all dirty                         171 ms      0.33 ms   Cloud Hypervisor issue 8899
 *     64 GiB, 32 vCPUs                           36 ms       0.56 ms   Cloud Hypervisor pull request 6987
 *     1 TB                                       100s of ms to s       KubeVirt VEP 248, risks
 *
 * Of vCPUs nobody publishes a figure: some tens of milliseconds for 200 of them is an assumption.
 */
import type { Estimate } from './interval.ts';
import {
  LEAST_FIXED_COST_MS,
  MOST_FIXED_COST_MS,
  SWITCHOVER_FIXED_COST_MS,
  SWITCHOVER_FIXED_COST_SPREAD_MS,
} from './passes.ts';

/** What the fixed cost grows with. */
export interface GuestSize {
  /** Undefined: not known, taken for one of the lab's. */
  readonly memoryBytes: number | undefined;
  /** Left out or undefined: not known, taken for few. */
  readonly vcpus?: number | undefined;
}

/** The likely cost, and between which two it most probably lies, in milliseconds. */
export interface ExpectedFixedCost extends Estimate {
  /** It may be up to this: a promise is made by it. */
  readonly most: number;
}

const GIB = 2 ** 30;

/** A guest of the lab's, milliseconds. Twice the likely cost covers libvirt's round trips there. */
const OF_SMALL_GUEST: ExpectedFixedCost = {
  low: LEAST_FIXED_COST_MS,
  middle: SWITCHOVER_FIXED_COST_MS,
  high: SWITCHOVER_FIXED_COST_MS + SWITCHOVER_FIXED_COST_SPREAD_MS,
  most: MOST_FIXED_COST_MS,
};

/** Guests of up to this size were measured, and cost no more than others. */
const SMALL_BYTES = 8 * GIB;
const SMALL_VCPUS = 8;

/** Milliseconds for each GiB, and each vCPU, beyond that. */
const PER_GIB: ExpectedFixedCost = { low: 0.05, middle: 0.3, high: 0.6, most: 1 };
const PER_VCPU: ExpectedFixedCost = { low: 0, middle: 0.2, high: 0.4, most: 0.5 };

export function expectedFixedCostMs({ memoryBytes = 0, vcpus = 0 }: GuestSize): ExpectedFixedCost {
  const gib = Math.max(0, memoryBytes - SMALL_BYTES) / GIB;
  const more = Math.max(0, vcpus - SMALL_VCPUS);
  const at = (which: keyof ExpectedFixedCost) =>
    OF_SMALL_GUEST[which] + gib * PER_GIB[which] + more * PER_VCPU[which];
  return { low: at('low'), middle: at('middle'), high: at('high'), most: at('most') };
}
