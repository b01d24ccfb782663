/**
 * Uniform writes, D(t) = W·(1 - exp(-t/c)) with the time constant c = W/r, and two of them together.
 *
 * For given time constants D is linear in the working sets, so least squares of relative errors gives those in
 * closed form. The constants are tried from a grid, evenly spaced by their logarithms, from an eighth of the
 * shortest duration (quicker is flat already) to eight times the longest (slower is still straight); for one
 * part the grid is then refined by golden-section search. The work is bounded whatever the points are.
 */
import type { Fit, FittedPoint } from './curve-fit.ts';

const GRID_REACH = 8;
const GRID_POINTS = 12;
const REFINEMENTS = 20;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

interface Part {
  readonly workingSetBytes: number;
  readonly timeConstantMs: number;
}

/** 1 - exp(-t/c) over the measured bytes: what one byte of working set adds to the relative estimates. */
type Column = readonly number[];

export function fitUniform(points: readonly FittedPoint[]): Fit | undefined {
  const grid = gridFor(points);
  const unexplained = (timeConstantMs: number) => {
    const column = columnOf(points, timeConstantMs);
    return points.length - sumOf(column) ** 2 / dot(column, column);
  };
  const errors = grid.map(unexplained);
  const at = errors.indexOf(Math.min(...errors));
  const best = grid[at];
  if (best === undefined) return undefined;
  const timeConstantMs = goldenSection(unexplained, grid[at - 1] ?? best, grid[at + 1] ?? best);
  const column = columnOf(points, timeConstantMs);
  return ofParts('uniform', [{ workingSetBytes: sumOf(column) / dot(column, column), timeConstantMs }]);
}

/**
 * With a and b the columns of the two parts: the minimum of Σ (U·a + V·b - 1)² is where
 *
 *     U·a·a + V·a·b = Σa        U·a·b + V·b·b = Σb
 *
 * Pairs whose solution has a negative part are no guests; one part alone is the uniform fit.
 */
export function fitHotCold(points: readonly FittedPoint[]): Fit | undefined {
  const columns = gridFor(points).map((timeConstantMs) => {
    const column = columnOf(points, timeConstantMs);
    return { timeConstantMs, column, sum: sumOf(column), square: dot(column, column) };
  });
  let best: readonly Part[] | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const [at, hot] of columns.entries()) {
    for (const cold of columns.slice(at + 1)) {
      const both = dot(hot.column, cold.column);
      const determinant = hot.square * cold.square - both * both;
      if (!(determinant > 1e-9 * hot.square * cold.square)) continue;
      const hotBytes = (hot.sum * cold.square - cold.sum * both) / determinant;
      const coldBytes = (cold.sum * hot.square - hot.sum * both) / determinant;
      if (!(hotBytes > 0 && coldBytes > 0)) continue;
      const explained = hotBytes * hot.sum + coldBytes * cold.sum;
      if (explained <= most) continue;
      most = explained;
      best = [
        { workingSetBytes: hotBytes, timeConstantMs: hot.timeConstantMs },
        { workingSetBytes: coldBytes, timeConstantMs: cold.timeConstantMs },
      ];
    }
  }
  return best && ofParts('hot-cold', best);
}

function gridFor(points: readonly FittedPoint[]): readonly number[] {
  const from = (points.at(0)?.durationMs ?? 1) / GRID_REACH;
  const to = (points.at(-1)?.durationMs ?? 1) * GRID_REACH;
  const factor = (to / from) ** (1 / (GRID_POINTS - 1));
  return Array.from({ length: GRID_POINTS }, (_, at) => from * factor ** at);
}

function columnOf(points: readonly FittedPoint[], timeConstantMs: number): Column {
  return points.map(({ durationMs, bytes }) => touched(durationMs, timeConstantMs) / bytes);
}

/** The share of a working set written to within a duration; exact also where it is tiny. */
function touched(durationMs: number, timeConstantMs: number): number {
  return durationMs > 0 ? -Math.expm1(-durationMs / timeConstantMs) : 0;
}

/** The least of a function with one valley between two positive values, on a logarithmic scale. */
function goldenSection(of: (value: number) => number, from: number, to: number): number {
  let low = Math.log(from);
  let high = Math.log(to);
  let left = high - GOLDEN * (high - low);
  let right = low + GOLDEN * (high - low);
  let ofLeft = of(Math.exp(left));
  let ofRight = of(Math.exp(right));
  for (let step = 0; step < REFINEMENTS; step += 1) {
    if (ofLeft < ofRight) {
      high = right;
      [right, ofRight] = [left, ofLeft];
      left = high - GOLDEN * (high - low);
      ofLeft = of(Math.exp(left));
    } else {
      low = left;
      [left, ofLeft] = [right, ofRight];
      right = low + GOLDEN * (high - low);
      ofRight = of(Math.exp(right));
    }
  }
  return Math.exp((low + high) / 2);
}

function ofParts(family: Fit['family'], parts: readonly Part[]): Fit {
  return {
    family,
    parts: parts.map(({ workingSetBytes, timeConstantMs }) => ({
      workingSetBytes,
      writeBytesPerSecond: (workingSetBytes / timeConstantMs) * 1000,
    })),
    bytesWithin(durationMs) {
      let bytes = 0;
      for (const { workingSetBytes, timeConstantMs } of parts)
        bytes += workingSetBytes * touched(durationMs, timeConstantMs);
      return bytes;
    },
  };
}

function sumOf(column: Column): number {
  let sum = 0;
  for (const value of column) sum += value;
  return sum;
}

function dot(a: Column, b: Column): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
