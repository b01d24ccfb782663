/** Guests with known dirty curves, for tests to compare the bounds with. */
import fc from 'fast-check';

export interface Guest {
  readonly name: string;
  readonly memoryBytes: number;
  /** The true curve. @returns bytes */
  dirtied(durationMs: number): number;
}

/** A working set rewritten in order. */
export function cyclic(workingSetBytes: number, bytesPerSecond: number): Guest {
  return {
    name: `cyclic ${workingSetBytes} at ${bytesPerSecond}/s`,
    memoryBytes: workingSetBytes,
    dirtied: (durationMs) => Math.min(workingSetBytes, (bytesPerSecond * durationMs) / 1000),
  };
}

/** Writes that fall anywhere in a working set. */
export function uniform(workingSetBytes: number, bytesPerSecond: number): Guest {
  return {
    name: `uniform ${workingSetBytes} at ${bytesPerSecond}/s`,
    memoryBytes: workingSetBytes,
    dirtied: (durationMs) =>
      -workingSetBytes * Math.expm1((-bytesPerSecond * durationMs) / 1000 / workingSetBytes),
  };
}

/** Several in one guest, with memory beside them that nobody writes to. */
export function together(parts: readonly Guest[], idleBytes = 0): Guest {
  return {
    name: parts.map(({ name }) => name).join(' and '),
    memoryBytes: parts.reduce((sum, { memoryBytes }) => sum + memoryBytes, idleBytes),
    dirtied: (durationMs) => parts.reduce((sum, part) => sum + part.dirtied(durationMs), 0),
  };
}

/** From 1 ms to 15 min, each order of magnitude alike. */
export const durations = logarithmic(1, 1e6);

/** From 1 MB/s to 10 GB/s. */
export const bandwidths = logarithmic(1e6, 1e10);

const part = fc
  .tuple(fc.constantFrom(cyclic, uniform), logarithmic(1e6, 1e11), logarithmic(1e5, 1e11))
  .map(([kind, workingSetBytes, bytesPerSecond]) => kind(workingSetBytes, bytesPerSecond));

/** One to four parts: cyclic, uniform, hot and cold, and any mixture. */
export const guests: fc.Arbitrary<Guest> = fc
  .tuple(fc.array(part, { minLength: 1, maxLength: 4 }), logarithmic(1e6, 1e11))
  .map(([parts, idleBytes]) => together(parts, idleBytes));

export function logarithmic(from: number, to: number): fc.Arbitrary<number> {
  return fc
    .double({ min: Math.log(from), max: Math.log(to), noNaN: true })
    .map((value) => Math.min(Math.max(Math.exp(value), from), to));
}
