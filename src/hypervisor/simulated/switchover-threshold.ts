/**
 * The most memory that QEMU would move with the guest stopped: bandwidth x downtime-limit, worked out anew
 * when a window of 100 ms closes, from that window alone (migration/migration.c: migration_update_counters,
 * BUFFER_DELAY). So a new limit, or a new rate of the link, counts only from the next close on.
 */
import type { PauseParameters } from '../qemu-rules/switchover-limit.ts';
import type { TransferRate } from './transfer-rate.ts';

const WINDOW_MS = 100;

export class SwitchoverThreshold {
  /** In force now. Nothing fits before the first window has closed. */
  bytes = 0;
  private readonly rate: TransferRate;
  private limitMs = 0;
  /** `avail-switchover-bandwidth`, which from 8.2 on stands in for the measured rate; 0: not set. */
  private statedBytesPerSecond = 0;
  private measuredBytesPerSecond = 0;
  /** True while the next close would change {@link bytes}; other closes need no step of the clock. */
  private stale = true;

  constructor(rate: TransferRate) {
    this.rate = rate;
  }

  set(parameters: Partial<PauseParameters>): void {
    this.limitMs = parameters['downtime-limit'] ?? this.limitMs;
    this.statedBytesPerSecond = parameters['avail-switchover-bandwidth'] ?? this.statedBytesPerSecond;
    this.stale = true;
  }

  /** The link's rate has changed. */
  rateChanged(): void {
    this.stale = true;
  }

  /** The next close that matters; `Infinity` when all is settled. */
  nextCloseMs(nowMs: number): number {
    return this.stale ? (Math.floor(nowMs / WINDOW_MS) + 1) * WINDOW_MS : Number.POSITIVE_INFINITY;
  }

  close(nowMs: number): void {
    this.measuredBytesPerSecond = this.rate.meanPassRate(nowMs - WINDOW_MS, nowMs);
    this.bytes = ((this.statedBytesPerSecond || this.measuredBytesPerSecond) / 1000) * this.limitMs;
    const present = this.rate.passRate(this.rate.lineAt(nowMs));
    this.stale = Math.abs(this.measuredBytesPerSecond - present) > 1e-6 * present;
  }
}
