/**
 * QEMU's auto-converge: it takes time away from the vCPUs, step by step, while the guest dirties more than
 * half of what is sent (migration/ram.c: migration_trigger_throttle, mig_throttle_guest_down).
 */
import type { ThrottleParameters } from '../qemu-rules/brake-lever.ts';

export interface AutoConvergeParameters {
  /** `cpu-throttle-initial`, per cent of the vCPUs' time. */
  readonly initialPercent: number;
  /** `cpu-throttle-increment`. */
  readonly incrementPercent: number;
  /** `max-cpu-throttle`. */
  readonly maxPercent: number;
  /** `throttle-trigger-threshold`: dirtied over sent, in per cent. */
  readonly triggerPercent: number;
}

/** As `migrate-set-parameters` takes them. */
export function autoConvergeOf(parameters: ThrottleParameters): AutoConvergeParameters {
  return {
    initialPercent: parameters['cpu-throttle-initial'],
    incrementPercent: parameters['cpu-throttle-increment'],
    maxPercent: parameters['max-cpu-throttle'],
    triggerPercent: parameters['throttle-trigger-threshold'],
  };
}

/** migration/options.c: DEFAULT_MIGRATE_CPU_THROTTLE_INITIAL and its neighbours. */
export const AUTO_CONVERGE_DEFAULTS: AutoConvergeParameters = {
  initialPercent: 20,
  incrementPercent: 10,
  maxPercent: 99,
  triggerPercent: 50,
};

/** A sync sooner than this after the last one that counted does not count (ram.c: migration_bitmap_sync). */
const COUNTED_AFTER_MS = 1000;

export class AutoConverge {
  /** The share of their time that the vCPUs sleep. */
  percent = 0;
  /** May change on the way. */
  parameters: AutoConvergeParameters;
  private lastCountedMs: number | undefined;
  private sentThenBytes = 0;
  private dirtiedSinceBytes = 0;
  /** QEMU's dirty_rate_high_cnt. */
  private highTimes = 0;

  constructor(parameters: AutoConvergeParameters) {
    this.parameters = parameters;
  }

  /**
   * Takes note of a bitmap sync.
   * @param sentBytes everything on the wire so far
   * @param newlyDirtiedBytes what this sync set that was not set before
   */
  sync(nowMs: number, sentBytes: number, newlyDirtiedBytes: number): void {
    this.lastCountedMs ??= nowMs;
    this.dirtiedSinceBytes += newlyDirtiedBytes;
    if (nowMs <= this.lastCountedMs + COUNTED_AFTER_MS) return;
    const thresholdBytes = ((sentBytes - this.sentThenBytes) * this.parameters.triggerPercent) / 100;
    if (this.dirtiedSinceBytes > thresholdBytes) {
      this.highTimes += 1;
      if (this.highTimes >= 2) {
        this.highTimes = 0;
        this.slowDown();
      }
    }
    this.lastCountedMs = nowMs;
    this.sentThenBytes = sentBytes;
    this.dirtiedSinceBytes = 0;
  }

  private slowDown(): void {
    const { initialPercent, incrementPercent, maxPercent } = this.parameters;
    this.percent =
      this.percent === 0 ? initialPercent : Math.min(this.percent + incrementPercent, maxPercent);
  }
}
