/** The pairs that the fault matrix is run on: small, busy enough to need a switchover, and beating. */
import { randomUUID } from 'node:crypto';
import { Bed } from '../../lab/bed.ts';
import type { Workload } from '../../lab/guest/workload.ts';
import { type Cell, nameOf } from './cell.ts';
import { MissedError } from './moments.ts';
import { type CellResult, runCell } from './run-cell.ts';

/** Passes of a good second at 480 Mbit/s, and a stop-and-copy as long: both hold a fault that is to come within. */
const WORKLOAD = { kind: 'loop', wssMiB: 64, beatMs: 100 } as const;
export const MEMORY_MIB = 256;
/** 8 MB/s on a link of 60. */
const HEALTHY = { kind: 'loop', wssMiB: 64, pagesPerSecond: 2000, beatMs: 100 } as const;
const ATTEMPTS = 3;

/** Boots a pair when none is there, and keeps it as long as its guest survives. */
export class FaultBed implements AsyncDisposable {
  #bed: Bed | undefined;
  readonly #say: (sentence: string) => void;

  /** @param say gets what a person who waits should know */
  constructor(say: (sentence: string) => void = () => {}) {
    this.#say = say;
  }

  /** @throws {MissedError} when the fault missed its moment again and again */
  async run(cell: Cell): Promise<CellResult> {
    for (let attempt = 1; ; attempt += 1) {
      this.#bed ??= await boot();
      try {
        const result = await runCell(this.#bed, cell);
        if (!result.reusable) await this[Symbol.asyncDispose]();
        return result;
      } catch (error) {
        await this[Symbol.asyncDispose]();
        if (!(error instanceof MissedError) || attempt === ATTEMPTS) throw error;
        this.#say(`${nameOf(cell)}: once more, since ${error.message}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const bed = this.#bed;
    this.#bed = undefined;
    await bed?.[Symbol.asyncDispose]();
  }
}

/** A guest that never ends to migrate under stock QEMU, with passes and a pause of about a second. */
export async function boot(): Promise<Bed> {
  return await bootWith(WORKLOAD);
}

/** A guest that stock QEMU migrates within 300 ms of pause, without help. */
export async function bootHealthy(): Promise<Bed> {
  return await bootWith(HEALTHY);
}

async function bootWith(workload: Workload): Promise<Bed> {
  // Both sides are the same VM, and say so.
  const side = { extraArgs: ['-uuid', randomUUID()] };
  return await Bed.make(workload, { memoryMiB: MEMORY_MIB, source: side, destination: side });
}
