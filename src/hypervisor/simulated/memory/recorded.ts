import type { MemoryModel } from './memory-model.ts';

export interface CurvePoint {
  readonly afterMs: number;
  readonly dirtiedBytes: number;
}

/**
 * A dirty curve that was measured, straight between its points and flat after the last. It starts at nothing
 * after no time, whether or not that point is given.
 * @throws {RangeError} when the points do not rise in time, or fall in bytes
 */
export function recorded(points: readonly CurvePoint[]): MemoryModel {
  const curve = points[0]?.afterMs === 0 ? points : [{ afterMs: 0, dirtiedBytes: 0 }, ...points];
  curve.forEach((point, index) => {
    const before = curve[index - 1];
    const rises = before
      ? point.afterMs > before.afterMs && point.dirtiedBytes >= before.dirtiedBytes
      : point.dirtiedBytes === 0;
    if (!rises)
      throw new RangeError(
        `point ${index} of a recorded curve (${point.dirtiedBytes} bytes after ${point.afterMs} ms) breaks it: ` +
          'times must rise, bytes must not fall, and nothing is dirty after 0 ms',
      );
  });
  const workingSetBytes = curve.at(-1)?.dirtiedBytes ?? 0;
  return {
    workingSetBytes,
    dirtiedBytes: (fromMs, toMs) => {
      const afterMs = toMs - fromMs;
      const next = firstAfter(curve, afterMs);
      const right = curve[next];
      const left = curve[next - 1];
      if (!right || !left) return workingSetBytes;
      const share = (afterMs - left.afterMs) / (right.afterMs - left.afterMs);
      return left.dirtiedBytes + share * (right.dirtiedBytes - left.dirtiedBytes);
    },
  };
}

/** The index of the first point later than that, by bisection; the length where there is none. */
function firstAfter(curve: readonly CurvePoint[], afterMs: number): number {
  let low = 0;
  let high = curve.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((curve[middle]?.afterMs ?? 0) > afterMs) high = middle;
    else low = middle + 1;
  }
  return low;
}
