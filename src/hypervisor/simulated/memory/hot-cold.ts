import { assertFigures, type MemoryModel, together } from './memory-model.ts';
import { uniform } from './uniform.ts';

export interface HotColdWrites {
  readonly workingSetBytes: number;
  readonly writeRateBytesPerSecond: number;
  /** The part of the pages that are hot, from 0 to 1. */
  readonly hotPagesShare: number;
  /** The part of the writes that go to hot pages, from 0 to 1. */
  readonly hotWritesShare: number;
}

/** A few pages take most of the writes, as in databases and heaps: two sets, each written at random. */
export function hotCold(writes: HotColdWrites): MemoryModel {
  const { workingSetBytes, writeRateBytesPerSecond, hotPagesShare, hotWritesShare } = writes;
  assertFigures({
    ...{ hotPagesShare, hotWritesShare },
    ...{ coldPagesShare: 1 - hotPagesShare, coldWritesShare: 1 - hotWritesShare },
  });
  return together(
    uniform({
      workingSetBytes: workingSetBytes * hotPagesShare,
      writeRateBytesPerSecond: writeRateBytesPerSecond * hotWritesShare,
    }),
    uniform({
      workingSetBytes: workingSetBytes * (1 - hotPagesShare),
      writeRateBytesPerSecond: writeRateBytesPerSecond * (1 - hotWritesShare),
    }),
  );
}
