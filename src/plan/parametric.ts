/**
 * One likely dirty curve inside the bracket, for forecasts that need a figure and not an interval. A few
 * shapes that guests have, fitted to what was measured, the best of them held within the bracket:
 *
 * - cyclic: a working set W rewritten in order at rate r, D(t) = min(W, r·t);
 * - uniform: writes at rate r that fall anywhere in W. Each leaves a page clean with probability 1 - 1/W,
 *   so D(t) = W·(1 - exp(-r·t/W));
 * - hot and cold: two uniforms, one small and quick, one large and slow.
 *
 * Observations at a single time scale do not tell these apart. Then the estimate is the middle of the bracket:
 * the figure whose worst error is least.
 */

import type { DirtyCurve } from '../model/dirty-curve.ts';
import { type Fit, type FittedPoint, GOOD_FIT, relativeError } from './curve-fit.ts';
import { fitCyclic } from './cyclic-fit.ts';
import { fitHotCold, fitUniform } from './uniform-fit.ts';

export interface CurveEstimate {
  readonly family: Fit['family'] | 'middle-of-bracket';
  readonly fit: Fit | undefined;
  /** Within the bracket, so neither below its lower nor above its upper bound. */
  bytesWithin(durationMs: number): number;
}

/** Durations this near to each other show one point of the curve, not its shape. */
const SAME_TIME_SCALE = 1.2;

/** A shape with more parameters has to leave this fraction of a simpler one's error, or less, to be preferred. */
const WORTH_A_PARAMETER = 0.5;

/** Twice as many as the parameters of the richest shape; more cost time and teach little. */
const FITTED_POINTS = 8;

export function estimateCurve(curve: DirtyCurve): CurveEstimate {
  const points = thinned(curve.restsOn.filter(({ bytes }) => bytes > 0));
  const fit = bestFit(points, curve.memoryBytes);
  const within = fit
    ? (durationMs: number) => fit.bytesWithin(durationMs)
    : (durationMs: number) => (curve.lower(durationMs) + curve.upper(durationMs)) / 2;
  return {
    family: fit?.family ?? 'middle-of-bracket',
    fit,
    bytesWithin: (durationMs) =>
      Math.min(Math.max(within(durationMs), curve.lower(durationMs)), curve.upper(durationMs)),
  };
}

function bestFit(points: readonly FittedPoint[], memoryBytes: number): Fit | undefined {
  const shortest = points.at(0)?.durationMs ?? 0;
  const longest = points.at(-1)?.durationMs ?? 0;
  if (!(longest > shortest * SAME_TIME_SCALE)) return undefined;
  let best: Fit | undefined;
  let leastError = Number.POSITIVE_INFINITY;
  for (const fitShape of [fitCyclic, fitUniform, fitHotCold]) {
    if (leastError <= GOOD_FIT) break;
    const fit = fitShape(points, memoryBytes);
    const error = fit ? relativeError(fit, points) : Number.POSITIVE_INFINITY;
    if (error < leastError * WORTH_A_PARAMETER) {
      best = fit;
      leastError = error;
    }
  }
  return best;
}

/** Evenly from the shortest duration to the longest, both included. */
function thinned(points: readonly FittedPoint[]): readonly FittedPoint[] {
  if (points.length <= FITTED_POINTS) return points;
  const step = (points.length - 1) / (FITTED_POINTS - 1);
  return Array.from({ length: FITTED_POINTS }, (_, n) => points[Math.round(n * step)]).filter(
    (p) => p !== undefined,
  );
}
