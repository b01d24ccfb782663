/** Distributions in text, side by side: from the 5th to the 95th percentile, the middle half, and the median. */
import type { Distribution } from '../../simulate/summary.ts';

/** A logarithmic scale, since times of a fleet span orders of magnitude. */
export interface Scale {
  readonly least: number;
  readonly most: number;
}

/** @returns undefined where there is nothing to draw, or all of it is one value */
export function scaleOf(all: readonly (Distribution | undefined)[]): Scale | undefined {
  const drawn = all.filter((each) => each !== undefined);
  const least = Math.min(...drawn.map(({ p5 }) => p5));
  const most = Math.max(...drawn.map(({ p95 }) => p95));
  return least > 0 && most > least ? { least, most } : undefined;
}

/** `   ---====|===----  ` */
export function quantileStrip(of: Distribution | undefined, { least, most }: Scale, cells: number): string {
  if (!of) return '';
  const cellOf = (value: number) => {
    const share = Math.log(value / least) / Math.log(most / least);
    return Math.min(cells - 1, Math.max(0, Math.round(share * (cells - 1))));
  };
  const [from, low, median, high, to] = [of.p5, of.p25, of.median, of.p75, of.p95].map(cellOf);
  return Array.from({ length: cells }, (_, cell) => {
    if (cell === median) return '|';
    if (cell >= (low ?? 0) && cell <= (high ?? 0)) return '=';
    return cell >= (from ?? 0) && cell <= (to ?? 0) ? '-' : ' ';
  }).join('');
}
