import { AutoConverge, type AutoConvergeParameters } from './auto-converge.ts';
import { type MemoryModel, partsOf } from './memory/memory-model.ts';
import type { Scenario } from './scenario.ts';
import type { UnsentMemory } from './unsent-memory.ts';

/** migration/cpu-throttle.c: CPU_THROTTLE_DIRTY_SYNC_TIMESLICE_MS. */
const TIMER_MS = 5000;

/**
 * The guest's vCPUs and the log of what they dirty. Its clock is the guest's own: it stands still while the
 * vCPUs are stopped, and passes slower while auto-converge withholds part of their time (at 99 % a vCPU sleeps
 * 990 ms for every 10 ms that it runs; here it runs evenly at a hundredth of its speed).
 */
export class DirtyLog {
  running: boolean;
  /** QEMU's dirty_sync_count; 0 before the first sync. */
  syncs = 0;
  /** When auto-converge's timer next looks; `Infinity` where there is none. */
  timerMs: number;
  private readonly parts: readonly MemoryModel[];
  private readonly autoConverge: AutoConverge | undefined;
  private guestMs: number;
  /** The guest's own time at the last sync. */
  private cleanGuestMs: number;
  private syncsAtTimer = 0;
  /** What a quota on the vCPU threads withholds. */
  quotaPercent = 0;

  /** @param zeroMs when the migration begins, on the guest's clock */
  constructor({ memory, running, autoConverge, qemuVersion }: Scenario, zeroMs: number) {
    this.parts = partsOf(memory);
    this.running = running;
    this.autoConverge = autoConverge && new AutoConverge(autoConverge);
    const hasTimer = qemuVersion.major > 9 || (qemuVersion.major === 9 && qemuVersion.minor >= 1);
    this.timerMs = autoConverge && hasTimer ? TIMER_MS : Number.POSITIVE_INFINITY;
    this.guestMs = zeroMs;
    this.cleanGuestMs = zeroMs;
  }

  setThrottle(parameters: AutoConvergeParameters): void {
    if (this.autoConverge) this.autoConverge.parameters = parameters;
  }

  get throttlePercent(): number {
    return Math.max(this.quotaPercent, this.autoConvergePercent);
  }

  /** QEMU's own part of it. */
  get autoConvergePercent(): number {
    return this.autoConverge?.percent ?? 0;
  }

  pass(durationMs: number): void {
    if (this.running) this.guestMs += durationMs * (1 - this.throttlePercent / 100);
  }

  sync(nowMs: number, unsent: UnsentMemory, sentBytes: number): void {
    const { cleanGuestMs, guestMs } = this;
    // The first sync finds every page set already.
    const newBytes =
      this.syncs === 0 ? 0 : unsent.sync(this.parts.map((part) => part.dirtiedBytes(cleanGuestMs, guestMs)));
    this.cleanGuestMs = guestMs;
    this.syncs += 1;
    this.autoConverge?.sync(nowMs, sentBytes, newBytes);
  }

  /**
   * From 9.1 on auto-converge syncs when there was no sync in 5 s, so that long passes do not hold its ramp up;
   * not in the first pass (cpu-throttle.c: cpu_throttle_dirty_sync_timer_tick).
   * @returns whether it is to sync now
   */
  timer(): boolean {
    this.timerMs += TIMER_MS;
    const due = this.syncs > 1 && this.syncs === this.syncsAtTimer;
    this.syncsAtTimer = due ? this.syncs + 1 : this.syncs;
    return due;
  }
}
