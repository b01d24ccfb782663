import type { Estimate } from './interval.ts';

/** A measured value and how much it counts. */
export interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** Turns a median absolute deviation into the standard deviation of a normal distribution: 1 / Φ⁻¹(3/4). */
const DEVIATION_TO_SIGMA = 1.4826;

/**
 * The weighted median, and two standard deviations around it, themselves by the weighted median of the
 * deviations (P. J. Rousseeuw and C. Croux, "Alternatives to the Median Absolute Deviation", 1993). Up to
 * half of the weight may be outliers without moving either far.
 *
 * @param leastSpread half the width that the interval has at least: a few alike values are no proof of precision
 * @returns undefined without any value; `low` is never negative
 */
export function robustEstimate(values: readonly Weighted[], leastSpread: number): Estimate | undefined {
  const middle = weightedMedian(values);
  if (middle === undefined) return undefined;
  const deviations = values.map(({ value, weight }) => ({ value: Math.abs(value - middle), weight }));
  const deviation = weightedMedian(deviations) ?? 0;
  const spread = Math.max(2 * DEVIATION_TO_SIGMA * deviation, leastSpread);
  return { low: Math.max(0, middle - spread), middle, high: middle + spread };
}

/** The value with half of the weight on either side; between two values where the half falls there. */
export function weightedMedian(values: readonly Weighted[]): number | undefined {
  const sorted = values.filter(({ weight }) => weight > 0).sort((a, b) => a.value - b.value);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let below = 0;
  for (const [at, { value, weight }] of sorted.entries()) {
    below += weight;
    if (below > half) return value;
    if (below === half) return (value + (sorted[at + 1]?.value ?? value)) / 2;
  }
  return undefined;
}
