import { assertFigures, type MemoryModel } from './memory-model.ts';

export interface CyclicWrites {
  readonly workingSetBytes: number;
  /** Pages written a second times their size. */
  readonly writeRateBytesPerSecond: number;
}

/** A working set that is rewritten in order, over and over: D = min(W, rate x tau). The lab's `loop`. */
export function cyclic({ workingSetBytes, writeRateBytesPerSecond }: CyclicWrites): MemoryModel {
  assertFigures({ workingSetBytes, writeRateBytesPerSecond });
  return {
    workingSetBytes,
    dirtiedBytes: (fromMs, toMs) =>
      Math.min(workingSetBytes, (writeRateBytesPerSecond * (toMs - fromMs)) / 1000),
  };
}
