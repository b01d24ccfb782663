import { carriedBytes } from '../model/transfer.ts';
import { type Fit, type FittedPoint, GOOD_FIT } from './curve-fit.ts';

/** A kink may miss the gap between its two neighbours by this much: measurements are not exact. */
const KINK_SLACK = 1.1;

/** Of Σ (p·x - 1)², for one parameter p. */
interface Sums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

const NONE: Sums = { count: 0, sum: 0, squares: 0 };

interface Cyclic {
  readonly workingSetBytes: number;
  readonly bytesPerMs: number;
  /** How many of the two are seen: of a ramp alone, or a plateau, the other is assumed. */
  readonly parameters: 1 | 2;
  readonly error: number;
}

/**
 * D(t) = min(W, r·t), by least squares of relative errors.
 *
 * The first k points, by duration, lie on the ramp and the rest on the plateau. For a given k, with x = t/D on
 * the ramp and y = 1/D on the plateau, the derivatives of Σ (r·x - 1)² and Σ (W·y - 1)² are zero at
 * r = Σx / Σx² and W = Σy / Σy². Every k is tried whose kink W/r lies between its points;
 * a ramp alone or a plateau alone is preferred where it fits well.
 *
 * @param points by rising duration @param memoryBytes what W is taken for while only the ramp is seen
 */
export function fitCyclic(points: readonly FittedPoint[], memoryBytes: number): Fit | undefined {
  const plateaus = [NONE];
  for (const { bytes } of points.toReversed()) plateaus.unshift(plus(plateaus[0] ?? NONE, 1 / bytes));
  let ramp = NONE;
  const splits = plateaus.flatMap((plateau, k) => {
    const last = points[k - 1];
    if (last) ramp = plus(ramp, last.durationMs / last.bytes);
    return split(ramp, plateau, last, points[k], memoryBytes) ?? [];
  });
  let best: Cyclic | undefined;
  for (const candidate of splits.sort((a, b) => a.parameters - b.parameters || a.error - b.error))
    if (!best || (best.error > points.length * GOOD_FIT ** 2 && candidate.error < best.error))
      best = candidate;
  return best && asFit(best);
}

function plus({ count, sum, squares }: Sums, value: number): Sums {
  return { count: count + 1, sum: sum + value, squares: squares + value * value };
}

function split(
  ramp: Sums,
  plateau: Sums,
  last: FittedPoint | undefined,
  next: FittedPoint | undefined,
  memoryBytes: number,
): Cyclic | undefined {
  const error = unexplained(ramp) + unexplained(plateau);
  const bytesPerMs = ramp.sum / ramp.squares;
  const workingSetBytes = plateau.sum / plateau.squares;
  if (!next) return last && { workingSetBytes: memoryBytes, bytesPerMs, error, parameters: 1 };
  // All on the plateau: the kink is anywhere before the first point, so halfway there.
  if (!last)
    return { workingSetBytes, bytesPerMs: (2 * workingSetBytes) / next.durationMs, error, parameters: 1 };
  const kinkMs = workingSetBytes / bytesPerMs;
  const between = kinkMs * KINK_SLACK >= last.durationMs && kinkMs <= next.durationMs * KINK_SLACK;
  return between ? { workingSetBytes, bytesPerMs, error, parameters: 2 } : undefined;
}

/** What remains of Σ (p·x - 1)² at the best p: n - (Σx)² / Σx². */
function unexplained({ count, sum, squares }: Sums): number {
  return count > 0 ? Math.max(0, count - (sum * sum) / squares) : 0;
}

function asFit({ workingSetBytes, bytesPerMs }: Cyclic): Fit {
  const writeBytesPerSecond = bytesPerMs * 1000;
  return {
    family: 'cyclic',
    parts: [{ workingSetBytes, writeBytesPerSecond }],
    bytesWithin: (durationMs) => Math.min(workingSetBytes, carriedBytes(durationMs, writeBytesPerSecond)),
  };
}
