import { assertFigures, type MemoryModel, mapParts } from './memory-model.ts';

export interface Noise {
  readonly seed: number;
  /** Standard deviation of the logarithm of the guest's speed; 0.1 makes it waver by about 10 %. */
  readonly spread: number;
}

/**
 * The same guest, a little faster or slower in each pass. The factor is drawn from the seed and the instant
 * at which the bitmap was clean, so within a pass the curve still rises, and the same seed tells the same
 * story in whatever order it is asked.
 */
export function noisy(model: MemoryModel, { seed, spread }: Noise): MemoryModel {
  assertFigures({ spread });
  return mapParts(model, (part) => ({
    workingSetBytes: part.workingSetBytes,
    dirtiedBytes: (fromMs, toMs) => {
      const factor = Math.exp(spread * gaussian(seed, fromMs));
      return part.dirtiedBytes(fromMs, fromMs + (toMs - fromMs) * factor);
    },
  }));
}

/** Box and Muller's transform of two hashes. */
function gaussian(seed: number, atMs: number): number {
  const microseconds = Math.round(atMs * 1000);
  const first = hash(hash(seed, microseconds % 2 ** 32), Math.floor(microseconds / 2 ** 32));
  const second = hash(first, 0x9e3779b9);
  // Never 0, of which there is no logarithm.
  const radius = Math.sqrt(-2 * Math.log((first + 1) / 2 ** 32));
  return radius * Math.cos((2 * Math.PI * second) / 2 ** 32);
}

/** murmur3's finaliser over both words: every input bit reaches every output bit. @returns 32 bits */
function hash(a: number, b: number): number {
  let x = (a ^ Math.imul(b, 0x9e3779b1)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
