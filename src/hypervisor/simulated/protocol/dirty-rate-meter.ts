/** QEMU's `calc-dirty-rate` by page sampling, as the memory model would be found. */
import type { Clock } from '../../clock.ts';
import type { MemoryModel } from '../memory/memory-model.ts';

export class DirtyRateMeter {
  private readonly clock: Clock;
  private readonly memory: MemoryModel;
  private measured: { readonly fromMs: number; readonly untilMs: number; readonly runs: boolean } | undefined;

  constructor(clock: Clock, memory: MemoryModel) {
    this.clock = clock;
    this.memory = memory;
  }

  begin(args: Readonly<Record<string, unknown>>, runs: boolean): void {
    const unitMs = args['calc-time-unit'] === 'millisecond' ? 1 : 1000;
    const fromMs = this.clock.now();
    this.measured = { fromMs, untilMs: fromMs + Number(args['calc-time']) * unitMs, runs };
  }

  shown(): object {
    if (!this.measured) return { status: 'unstarted' };
    const { fromMs, untilMs, runs } = this.measured;
    if (this.clock.now() < untilMs) return { status: 'measuring' };
    const bytes = runs ? this.memory.dirtiedBytes(fromMs, untilMs) : 0;
    // In whole MiB a second, as QEMU tells it.
    return { status: 'measured', 'dirty-rate': Math.floor(((bytes / (untilMs - fromMs)) * 1000) / 2 ** 20) };
  }
}
