/**
 * When the events of one QEMU happened: one that waited while we looked at nothing is as old as its stamp says, next to one
 * that came at once. The stamp alone says nothing: it is of another machine's wall clock, which may be set.
 */
import type { QmpEvent } from './qmp/events.ts';

/** A monitor that has answered nothing for longer than this may have kept what it brings then. It is looked at more often. */
const UNHEARD_MS = 500;
/** An event that is later than others were by more than this tells no instant. */
const LATE_MS = 100;

export class EventDating {
  private readonly zeroMs: number;
  /** The least time from an event's stamp to us: of clocks that differ, and a way that takes time. */
  private quickestMs = Number.POSITIVE_INFINITY;
  /** False: the last one that came at once says that its clock was set, or that its way is slower than it was. */
  private isComparable = true;

  /** @param zeroMs from which instants are counted, on our clock */
  constructor(zeroMs: number) {
    this.zeroMs = zeroMs;
  }

  /** Whether one came at once: what comes late from now on is known to. */
  get canCompare(): boolean {
    return this.quickestMs !== Number.POSITIVE_INFINITY;
  }

  /**
   * @param lookedAtNothingMs how long it may have waited for us, who looked at nothing; 0: not at all
   * @returns the instant, and how much earlier it may have been where there is nothing to compare with
   */
  date(
    { receivedMs, timestampMs, notBeforeMs }: Pick<QmpEvent, 'receivedMs' | 'timestampMs' | 'notBeforeMs'>,
    lookedAtNothingMs: number,
  ): [atMs: number, unseenMs?: number] {
    const receivedAtMs = receivedMs - this.zeroMs;
    const unheardMs = receivedMs - notBeforeMs;
    const mayBeOldMs = Math.min(lookedAtNothingMs, unheardMs);
    // The way may have kept it, and all that it brings with it: there is no telling, and nothing to compare others with.
    const isUntold = timestampMs === undefined || !this.canCompare;
    if (isUntold && unheardMs > UNHEARD_MS) return [receivedAtMs, unheardMs];
    // Nor is one that waited for us anything to compare others with, which may have waited as long.
    if (isUntold && mayBeOldMs > 0) return [receivedAtMs, mayBeOldMs];
    if (timestampMs === undefined) return [receivedAtMs];
    const onTheWayMs = receivedMs - timestampMs;
    const quickestMs = this.quickestMs;
    this.quickestMs = Math.min(quickestMs, onTheWayMs);
    if (quickestMs === Number.POSITIVE_INFINITY) return [receivedAtMs];
    const lateMs = onTheWayMs - quickestMs;
    // It was not we who kept it waiting: its way was slow, or a clock was set, and the next ones tell which.
    if (mayBeOldMs === 0) {
      this.isComparable = lateMs <= LATE_MS;
      return lateMs > LATE_MS ? [receivedAtMs, lateMs] : [receivedAtMs];
    }
    const isExplained = lateMs >= -LATE_MS && lateMs <= mayBeOldMs + LATE_MS;
    if (!this.isComparable || !isExplained) return [receivedAtMs, mayBeOldMs];
    return [receivedAtMs - Math.min(Math.max(0, lateMs), mayBeOldMs)];
  }
}
