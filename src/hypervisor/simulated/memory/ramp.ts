import { assertFigures, type MemoryModel, mapParts } from './memory-model.ts';

export interface Ramp {
  /** The part of the working set that is in use before it begins, from 0 to 1. */
  readonly fromShare: number;
  /** And once it is over. */
  readonly toShare: number;
  readonly beginMs: number;
  readonly overMs: number;
}

/**
 * A guest whose working set grows or shrinks once, evenly: it is written as its model says, in as many of its pages as
 * are in use. What was in use at any time since the bitmap was clean may be dirty, so the largest share of that time counts.
 */
export function ramp(model: MemoryModel, { fromShare, toShare, beginMs, overMs }: Ramp): MemoryModel {
  assertFigures({ fromShare, toShare, beginMs, overMs, leftOfFrom: 1 - fromShare, leftOfTo: 1 - toShare });
  const shareAt = (atMs: number) => {
    const progress = overMs === 0 ? Number(atMs >= beginMs) : (atMs - beginMs) / overMs;
    return fromShare + (toShare - fromShare) * Math.min(1, Math.max(0, progress));
  };
  return mapParts(model, (part) => ({
    workingSetBytes: part.workingSetBytes * Math.max(fromShare, toShare),
    dirtiedBytes: (fromMs, toMs) =>
      Math.min(
        part.dirtiedBytes(fromMs, toMs),
        part.workingSetBytes * Math.max(shareAt(fromMs), shareAt(toMs)),
      ),
  }));
}
