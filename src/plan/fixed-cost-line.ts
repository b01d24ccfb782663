import { FixedCost } from '../model/fixed-cost.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import { formatDuration } from '../model/units.ts';

/** What a switchover is expected to cost beside the memory, and how that is known, for people. */
export function fixedCostLine(known: Foreknowledge): string {
  const { ms, seen } = FixedCost.of(known);
  const by = seen === 0 ? 'none was seen over this link' : `by ${seen} over this link`;
  return `about ${formatDuration(ms.middle)}, at most ${formatDuration(ms.most)} of a switchover's pause are not memory: ${by}`;
}
