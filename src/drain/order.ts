/** In which order VMs leave: those of a higher priority first, whatever the order; then by the order. */
import type { DrainVm } from './facts.ts';

/**
 * `hardest-first`: what may fail fails while there is time, and the pauses are over early. `easy-first`: the most VMs have left
 * soon. `listed`: as the host lists them.
 */
export const ORDERS = ['hardest-first', 'easy-first', 'listed'] as const;
export type Order = (typeof ORDERS)[number];

export function inOrder<Vm extends Pick<DrainVm, 'forecast' | 'memoryBytes' | 'priority'>>(
  vms: readonly Vm[],
  order: Order,
): readonly Vm[] {
  const sign = order === 'listed' ? 0 : order === 'hardest-first' ? -1 : 1;
  return vms.toSorted((a, b) => b.priority - a.priority || sign * compare(hardness(a), hardness(b)));
}

/** Of which nothing is known is taken for hard. */
function hardness({ forecast, memoryBytes }: Pick<DrainVm, 'forecast' | 'memoryBytes'>): number[] {
  if (!forecast) return [Number.POSITIVE_INFINITY, memoryBytes, 0];
  const { totalMs, pauseMs } = forecast.besideOthers[0];
  return [forecast.calmAmong <= 1 ? 1 : 0, totalMs.middle, pauseMs.middle];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0;
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}
