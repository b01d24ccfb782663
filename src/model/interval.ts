/** Where a figure lies for certain, given what is assumed: never wider than needed, never false. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** An interval with the one figure to name when a sentence has room for one only. */
export interface Estimate extends Interval {
  readonly middle: number;
}

export function exactly(value: number): Interval {
  return { low: value, high: value };
}

/** In another unit, or at another scale. */
export function times({ low, middle, high }: Estimate, factor: number): Estimate {
  return { low: low * factor, middle: middle * factor, high: high * factor };
}
