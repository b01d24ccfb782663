import { assertFigures, type MemoryModel } from './memory-model.ts';

export interface UniformWrites {
  readonly workingSetBytes: number;
  /** Pages written a second times their size, a page written twice counted twice. */
  readonly writeRateBytesPerSecond: number;
}

/** Pages written at random: D = W (1 - exp(-rate x tau / W)), the expectation for many pages. */
export function uniform({ workingSetBytes, writeRateBytesPerSecond }: UniformWrites): MemoryModel {
  assertFigures({ workingSetBytes, writeRateBytesPerSecond });
  if (workingSetBytes === 0) return IDLE;
  return {
    workingSetBytes,
    dirtiedBytes: (fromMs, toMs) => {
      const writtenBytes = (writeRateBytesPerSecond * (toMs - fromMs)) / 1000;
      return -workingSetBytes * Math.expm1(-writtenBytes / workingSetBytes);
    },
  };
}

const IDLE: MemoryModel = { workingSetBytes: 0, dirtiedBytes: () => 0 };
