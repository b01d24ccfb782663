/**
 * The brake from outside: a quota on the processor time of QEMU's vCPU threads, by the kernel's scheduler. It bites at once, where
 * QEMU's own throttle takes two syncs, and in finer slices. It must not outlive us: a guard is there before it is, and what
 * even that left is undone by the next one that looks at this QEMU.
 */
import { accessSync, constants } from 'node:fs';
import { MOST_THROTTLE_PERCENT } from '../../model/braking.ts';
import type { Effect, GuestFacts } from '../hypervisor.ts';
import { type CpuGroup, enter, groupOf, leave, leaveInShell, makeGroup, type Quota } from './cpu-group.ts';
import { Guard } from './guard.ts';

/** What a driver brakes with beside QEMU's own throttle. */
export interface QuotaLever {
  /** Of the time withheld now; 0: none. */
  readonly percent: number;
  /** Does now what a brake would have to wait for, so that it bites as soon as it is asked for. */
  prepare(): void;
  /**
   * One that is released before it is set is not set any more, and its effect says so.
   * @throws {Error} where it cannot be done; nothing is changed then
   */
  set(percent: number): Promise<Effect>;
  /** Idempotent, never throws. */
  release(): void;
}

const TAKEN_BACK: Effect = { did: 'the quota on the vCPUs is taken back', set: { cpuQuota: null } };

/** @returns the effect of taking it back */
export function takenBack(quota: QuotaLever): Effect {
  quota.release();
  return TAKEN_BACK;
}

/**
 * What {@link MOST_THROTTLE_PERCENT} asks for: the hardest that there is. A vCPU hears of QEMU's stop only while it runs, so
 * harder is not better: 1 ms of 100 made the stop wait and the pause 0.25 s longer than 2 (measured).
 */
const HARDEST: Quota = { quotaUs: 2000, periodUs: 100_000 };

/** The vCPUs of one QEMU on this machine. */
export interface VcpuThreads {
  readonly pid: number;
  readonly threadIds: readonly number[];
}

/**
 * An emulated guest gets none: it would lose memory. A quota holds a vCPU at any instruction, also between QEMU's note that a
 * page is dirty and its note that the page need not be looked at again (`accel/tcg/cputlb.c`: `notdirty_write`,
 * `tlb_set_page_full`). A sync meanwhile clears the first, the second stands, and what the guest then writes there is seen by
 * nobody. KVM has no such step.
 */
export function takesQuota(accelerator: GuestFacts['accelerator']): boolean {
  return accelerator === 'kvm';
}

/**
 * What a controller before us left of a quota is undone at once: nobody knows of it any more.
 * @returns undefined where no quota may be set
 */
export function quotaFor(
  threads: VcpuThreads,
  accelerator: GuestFacts['accelerator'],
): QuotaLever | undefined {
  releaseLeft(threads);
  return takesQuota(accelerator) && canBrake(threads) ? new VcpuQuota(threads) : undefined;
}

export class VcpuQuota implements QuotaLever {
  private readonly pid: number;
  private readonly threadIds: readonly number[];
  private groups: readonly CpuGroup[] = [];
  private guarded: { readonly undoing: string; readonly guard: Promise<Guard> } | undefined;
  percent = 0;

  constructor({ pid, threadIds }: VcpuThreads) {
    this.pid = pid;
    this.threadIds = threadIds;
  }

  prepare(): void {
    try {
      this.guard(this.groupsNow()).catch(() => {});
    } catch {
      // Whoever sets the quota hears of it.
    }
  }

  async set(percent: number): Promise<Effect> {
    const { quotaUs, periodUs } = quotaOf(percent);
    const groups = this.groupsNow();
    // The guard first, then what it guards. Both may be there already, where a brake becomes harder.
    if (!(await this.guard(groups))) return TAKEN_BACK;
    this.groups = groups;
    try {
      for (const group of groups) makeGroup(group, { quotaUs, periodUs });
      for (const group of groups) enter(group);
    } catch (error) {
      this.release();
      throw error;
    }
    this.percent = 100 * (1 - quotaUs / periodUs);
    const cpuQuota = { threadIds: this.threadIds, quotaUs, periodUs };
    return {
      did: `a quota of ${quotaUs / 1000} ms in ${periodUs / 1000} ms on ${groups.length === 1 ? 'the vCPU' : `each of ${groups.length} vCPUs`}`,
      set: { cpuQuota },
    };
  }

  release(): void {
    this.percent = 0;
    for (const group of this.groups) leave(group);
    this.groups = [];
    this.dismissGuard();
  }

  private groupsNow(): CpuGroup[] {
    if (this.threadIds.length === 0) throw new Error('QEMU tells no vCPU thread');
    return this.threadIds.map((threadId) => groupOf(this.pid, threadId).group);
  }

  /**
   * Somebody may have moved the threads since the guard was told what to undo: then there is another.
   * @returns false where it was dismissed before it was there: nothing may be set without one
   */
  private async guard(groups: readonly CpuGroup[]): Promise<boolean> {
    const undoing = groups.map(leaveInShell).join('\n');
    if (this.guarded?.undoing !== undoing) {
      this.dismissGuard();
      this.guarded = { undoing, guard: Guard.start(undoing) };
    }
    const { guarded } = this;
    try {
      await guarded.guard;
    } catch (error) {
      if (this.guarded === guarded) this.guarded = undefined;
      throw error;
    }
    return this.guarded === guarded;
  }

  private dismissGuard(): void {
    this.guarded?.guard.then(
      (guard) => guard.end(),
      () => {},
    );
    this.guarded = undefined;
  }
}

function quotaOf(percent: number): Quota {
  if (percent >= MOST_THROTTLE_PERCENT) return HARDEST;
  const { quotaUs, periodUs } = HARDEST;
  return { quotaUs: Math.max(quotaUs, Math.round(periodUs * (1 - percent / 100))), periodUs };
}

/** As far as that is seen without setting one. */
function canBrake({ pid, threadIds }: VcpuThreads): boolean {
  try {
    for (const threadId of threadIds) accessSync(groupOf(pid, threadId).group.parent, constants.W_OK);
    return threadIds.length > 0;
  } catch {
    return false;
  }
}

/** Somebody's quota is on one of them, whose controller may be at work. */
export function hasQuota({ pid, threadIds }: VcpuThreads): boolean {
  return threadIds.some((threadId) => {
    try {
      return groupOf(pid, threadId).isInIt;
    } catch {
      // No control groups, or a thread that has ended.
      return false;
    }
  });
}

/** Undoes what a controller before us left on these threads, where even its guard was killed. @returns whether there was any */
export function releaseLeft({ pid, threadIds }: VcpuThreads): boolean {
  let found = false;
  for (const threadId of threadIds) {
    try {
      const { group, isInIt } = groupOf(pid, threadId);
      if (!isInIt) continue;
      leave(group);
      found = true;
    } catch {
      // No control groups, or a thread that has ended.
    }
  }
  return found;
}
