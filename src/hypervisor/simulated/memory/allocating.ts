import { cyclic } from './cyclic.ts';
import { assertFigures, type MemoryModel, together } from './memory-model.ts';

export interface AllocatingWrites {
  /** All memory that it ever has, held or free. */
  readonly workingSetBytes: number;
  /** Allocated and written, and at the same rate freed again, in pages a second times their size. */
  readonly writeRateBytesPerSecond: number;
  /** The part of it that is held at any time, from 0 to 1. */
  readonly heldShare: number;
}

/**
 * A guest that allocates memory, writes it, and frees it once it has held it for a while, round and round its working set:
 * a queue, a young generation, one build after the other. What is freed is zeroed (Linux's init_on_free), or given back and
 * reads as zeros. So of what is dirty a part holds what was written and a part zeros: within tau of a clean bitmap
 * min(held, rate x tau) was allocated, and min(free, rate x tau) freed.
 */
export function allocating(writes: AllocatingWrites): MemoryModel {
  const { workingSetBytes, writeRateBytesPerSecond, heldShare } = writes;
  assertFigures({ heldShare, freeShare: 1 - heldShare });
  const freeBytes = workingSetBytes * (1 - heldShare);
  return together(cyclic({ workingSetBytes: workingSetBytes - freeBytes, writeRateBytesPerSecond }), {
    ...cyclic({ workingSetBytes: freeBytes, writeRateBytesPerSecond }),
    holdsZeros: true,
  });
}
