/**
 * Asking QEMU to stop the guest, and what its refusals tell. A boundary that comes although the pause it needs is within
 * the limit in force is a proof: QEMU looked there and found more than the memory that is told (a device's state, VFIO's
 * for one), or it counts with a slower link. Either way that limit is too short, so it is doubled, up to what the user
 * allows. A refusal of the longest proves that no pause allowed will do.
 */
import { FixedCost } from '../model/fixed-cost.ts';
import { aimedPauseMs } from '../model/pause-room.ts';
import { formatDuration } from '../model/units.ts';
import type { Limits } from './policy.ts';

/** From a new limit to the first look that goes by it: QEMU works its threshold out every 100 ms. */
const IN_FORCE_AFTER_MS = 150;

/** One may be the boundary right before the guest stops, and one a sync at which QEMU does not look. */
const PROOFS_TO_RAISE = 3;

/** How many times QEMU is asked under one limit. */
export const PATIENCE_BOUNDARIES = 8;

/** And for how long at the least: QEMU may judge by its last 100 ms of bandwidth, which waver. */
const PATIENCE_MS = 2000;

interface Asked {
  readonly atMs: number;
  readonly pauseMs: number;
}

export interface Refusal {
  /** At the least. */
  readonly neededPauseMs: number;
  readonly reason: string;
}

export class AskToStop {
  private readonly limits: Limits;
  private readonly mostMs: number;
  private readonly patienceBoundaries: number;
  /** Limits that may be in force, oldest first. */
  private asked: readonly Asked[] = [];
  private nowMs = 0;
  /** An answer is due: the last boundary was one to stop at. */
  private waiting = false;
  private refusals = 0;
  private proofs = 0;
  /** When the limit that the refusals are of was first asked for. */
  private sinceMs: number | undefined;
  private raisedMs = 0;
  /** The longest pause that was proved too short. */
  private provedMs = 0;

  /** @param cost of the switchover, beside the memory */
  constructor(limits: Limits, cost = FixedCost.assumed, patienceBoundaries = PATIENCE_BOUNDARIES) {
    this.limits = limits;
    this.mostMs = aimedPauseMs(limits.maxDowntimeMs, cost);
    this.patienceBoundaries = patienceBoundaries;
  }

  /**
   * A boundary has come, so QEMU did not stop. To be told of each, before it is decided on.
   * @param pauseMs that the memory left there would need
   * @returns whether the limit is raised because of it
   */
  see(atMs: number, pauseMs: number): boolean {
    this.nowMs = atMs;
    if (this.waiting) this.refusals += 1;
    this.waiting = false;
    const inForceMs = this.inForceMs();
    if (inForceMs === undefined) return false;
    if (pauseMs <= inForceMs) {
      this.proofs += 1;
      this.provedMs = Math.max(this.provedMs, inForceMs);
    }
    const tooShort = this.proofs >= PROOFS_TO_RAISE || this.impatient;
    if (!tooShort || inForceMs >= this.mostMs) return false;
    this.raisedMs = Math.min(2 * inForceMs, this.mostMs);
    this.refusals = 0;
    this.proofs = 0;
    this.sinceMs = undefined;
    return true;
  }

  /** Asks QEMU to stop now. @returns the pause to accept: as wanted, or longer where that was refused */
  accept(wantedMs: number): number {
    this.waiting = true;
    this.sinceMs ??= this.nowMs;
    const pauseMs = this.within(Math.max(wantedMs, this.raisedMs));
    this.set(pauseMs);
    return pauseMs;
  }

  /** A limit was set for later. */
  set(pauseMs: number): void {
    const before = this.nowMs - IN_FORCE_AFTER_MS;
    const settled = this.asked.findLastIndex(({ atMs }) => atMs <= before);
    this.asked = [...this.asked.slice(Math.max(0, settled)), { atMs: this.nowMs, pauseMs }];
  }

  /** Nothing that was accepted or set so far reached QEMU. */
  forget(): void {
    this.asked = [];
    this.waiting = false;
    this.refusals = 0;
    this.proofs = 0;
    this.sinceMs = undefined;
    this.raisedMs = 0;
    this.provedMs = 0;
  }

  /** QEMU refused the longest pause allowed for long enough. */
  get spent(): boolean {
    return (
      this.impatient && this.within(Math.max(this.raisedMs, this.asked.at(-1)?.pauseMs ?? 0)) >= this.mostMs
    );
  }

  /** How many times it was asked under this limit. */
  get timesRefused(): number {
    return this.refusals;
  }

  /** QEMU refused the longest pause allowed where the memory that was left fitted it: no moment to come will do. */
  get hopeless(): boolean {
    return this.spent && this.provedMs >= this.mostMs;
  }

  /** What that proved, in words. @param restPauseMs that the memory left would need */
  refusal(restPauseMs: number): Refusal {
    const { maxDowntimeMs } = this.limits;
    return {
      neededPauseMs: Math.max(this.provedMs, maxDowntimeMs),
      reason:
        `QEMU refuses a pause of ${formatDuration(this.provedMs)}, although the memory that is left needs only ${formatDuration(restPauseMs)}: ` +
        `it has more to send, such as the state of a VFIO device; a pause over --max-downtime ${formatDuration(maxDowntimeMs)} is needed`,
    };
  }

  private get impatient(): boolean {
    return (
      this.refusals >= this.patienceBoundaries &&
      this.sinceMs !== undefined &&
      this.nowMs - this.sinceMs >= PATIENCE_MS
    );
  }

  private within(pauseMs: number): number {
    return Math.min(pauseMs, this.mostMs);
  }

  /** The shortest that QEMU may still go by; undefined before one was asked for that long ago. */
  private inForceMs(): number | undefined {
    const before = this.nowMs - IN_FORCE_AFTER_MS;
    const settled = this.asked.findLastIndex(({ atMs }) => atMs <= before);
    if (settled < 0) return undefined;
    return Math.min(...this.asked.slice(settled).map(({ pauseMs }) => pauseMs));
  }
}
