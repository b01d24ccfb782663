/**
 * What a migration moves, from one instant to the next: the guest that dirties, the link that carries, and the looks
 * of QEMU's loop. Shared by the simulated migration for fleets (`simulated-qemu.ts`) and the simulated QEMU behind the
 * monitor (`protocol/`), which add what QEMU does about it.
 */
import { QEMU_LOOK_MS } from '../../model/qemu-constants.ts';
import type { PauseParameters } from '../qemu-rules/switchover-limit.ts';
import { DirtyLog } from './dirty-log.ts';
import { partsOf } from './memory/memory-model.ts';
import type { Scenario } from './scenario.ts';
import { SwitchoverThreshold } from './switchover-threshold.ts';
import { ROUNDING_MS, Transfer } from './transfer.ts';
import { TransferRate } from './transfer-rate.ts';
import { UnsentMemory } from './unsent-memory.ts';

/** Under a cap the loop sleeps until the window of BUFFER_DELAY closes (migration.c: migration_rate_limit). */
const CAPPED_LOOK_MS = 100;

export interface CopyStart {
  /** The instant of the start on the clock of the scenario's link and guest. */
  readonly zeroMs: number;
  readonly bandwidthBytesPerSecond: number | undefined;
  /** Pages are compressed on their way. Left out: they are not. */
  readonly compresses?: boolean;
  readonly parameters: PauseParameters;
}

/** At which rate memory moves: that of the live passes, the line's, or not at all. */
export type Pace = 'pass-rate' | 'line-rate' | 'still';

export class CopyPhysics {
  /** Since the migration began. */
  nowMs = 0;
  readonly guest: DirtyLog;
  readonly transfer: Transfer;
  readonly threshold: SwitchoverThreshold;
  private readonly rate: TransferRate;
  private lastLookMs = 0;

  constructor(scenario: Scenario, start: CopyStart) {
    const rate = new TransferRate(scenario.link, start.zeroMs, start.bandwidthBytesPerSecond);
    const parts = partsOf(scenario.memory);
    const sizes = {
      totalBytes: scenario.memoryBytes,
      zeroBytes: scenario.memoryBytes * scenario.zeroPagesShare,
      partBytes: parts.map(({ workingSetBytes }) => workingSetBytes),
      zeroParts: parts.flatMap(({ holdsZeros }, part) => (holdsZeros ? [part] : [])),
    };
    const { compressedTo: untouched, writtenCompressedTo: written = untouched } = scenario;
    const compressedTo = start.compresses ? { untouched, written } : undefined;
    const unsent = new UnsentMemory(sizes, scenario.sendOrder, scenario.zeroPlace, compressedTo);
    this.transfer = new Transfer(unsent, rate);
    this.rate = rate;
    this.threshold = new SwitchoverThreshold(rate);
    this.threshold.set(start.parameters);
    this.guest = new DirtyLog(scenario, start.zeroMs);
  }

  /** Lets time pass in which nothing but this happens. */
  moveTo(atMs: number, pace: Pace): void {
    const durationMs = atMs - this.nowMs;
    if (durationMs <= 0) return;
    this.nowMs = atMs;
    this.guest.pass(durationMs);
    if (pace !== 'still') this.transfer.send(durationMs, pace);
  }

  /** The first look that finds no more unsent than the threshold. On a dead link QEMU hangs in its write instead. */
  crossingLookMs(): number {
    if (!this.transfer.moves) return Number.POSITIVE_INFINITY;
    const bytes = this.transfer.unsent.wireBytesUntilLeft(this.threshold.bytes);
    return this.nextLookMs(this.nowMs + this.transfer.durationMs(bytes, 'pass-rate'));
  }

  /** The first look at that instant or later, and later than the last one. */
  nextLookMs(fromMs: number): number {
    const everyMs = this.rate.capped ? CAPPED_LOOK_MS : QEMU_LOOK_MS;
    const look = Math.ceil((fromMs - ROUNDING_MS) / everyMs) * everyMs;
    return look > this.lastLookMs ? look : this.lastLookMs + everyMs;
  }

  /** migration_iteration_run below the threshold: sync. @returns whether what is dirty now fits as well */
  look(): boolean {
    this.lastLookMs = this.nowMs;
    this.sync();
    return this.transfer.unsent.totalBytes <= this.threshold.bytes;
  }

  sync(): void {
    this.guest.sync(this.nowMs, this.transfer.unsent, this.transfer.sentBytes);
  }

  /** When the last byte will have gone, at the line's rate. */
  get allSentMs(): number {
    return this.nowMs + this.transfer.durationMs(this.transfer.unsent.wireBytes, 'line-rate');
  }

  /** Of the live passes, from now on. */
  setCap(bytesPerSecond: number | undefined): void {
    this.rate.setCap(bytesPerSecond, this.nowMs);
    this.threshold.rateChanged();
  }

  changeLink(): void {
    this.transfer.changeLink(this.nowMs);
    this.threshold.rateChanged();
  }
}
