/** What the fitted shapes of a dirty curve have in common. */

export interface FittedPoint {
  readonly durationMs: number;
  readonly bytes: number;
}

/** A shape with its parameters. */
export interface Fit {
  readonly family: 'cyclic' | 'uniform' | 'hot-cold';
  /** The memory that the guest keeps writing to, of each part. */
  readonly parts: readonly { readonly workingSetBytes: number; readonly writeBytesPerSecond: number }[];
  bytesWithin(durationMs: number): number;
}

/** What fits as well as this, by the root of the mean square of relative errors, needs no more parameters. */
export const GOOD_FIT = 0.01;

/** The root of the mean square of the errors, each relative to the measured: small sets count like large ones. */
export function relativeError(fit: Fit, points: readonly FittedPoint[]): number {
  let sum = 0;
  for (const { durationMs, bytes } of points) sum += (fit.bytesWithin(durationMs) / bytes - 1) ** 2;
  return Math.sqrt(sum / points.length);
}
