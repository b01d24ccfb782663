/**
 * A memory-intensive guest that meets a real fault on each way: a cell of the fault matrix, drawn. How a cell is run and
 * judged is told in test/faults/run-cell.ts: it verifies the guest's memory, and migrates it once more, without a fault.
 */
import { CELLS, nameOf } from '../test/faults/cell.ts';
import { FaultBed } from '../test/faults/fault-bed.ts';
import type { Course, Footprint, Hop } from './course.ts';
import { oneOf } from './drawn.ts';

export class FaultCourse implements Course {
  private readonly seed: number;
  private readonly bed: FaultBed;

  constructor(seed: number, say: (sentence: string) => void) {
    this.seed = seed;
    this.bed = new FaultBed(say);
  }

  async hop(number: number): Promise<Hop> {
    const cell = oneOf(CELLS, this.seed, number);
    const sinceMs = performance.now();
    const { problems, stoodStillMs, timeline } = await this.bed.run(cell);
    const tookMs = performance.now() - sinceMs;
    return { what: nameOf(cell), problems, pauseMs: stoodStillMs, tookMs, log: timeline };
  }

  /** Each cell has journals of its own, and looks itself for what was left. */
  async footprint(): Promise<Footprint> {
    return {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bed[Symbol.asyncDispose]();
  }
}
