import type { DirtyObservation } from '../../model/dirty-curve.ts';
import type { Foreknowledge } from '../../model/foreknowledge.ts';
import { formatBytes, formatDuration } from '../../model/units.ts';
import { fixedCostLine } from '../../plan/fixed-cost-line.ts';

/** What is known of the guest apart from its passes, for people. */
export function foreseenLines(known: Foreknowledge): string[] {
  const { probes, earlierPasses } = known;
  const earlier =
    earlierPasses.length > 0 ? [`${earlierPasses.length} passes of its earlier migrations are known`] : [];
  const found = [...probes.map(probedLine), ...earlier];
  return [`known of the guest: ${[...found, fixedCostLine(known)].join('; ')}`];
}

export function probedLine({ bytes, durationMs }: DirtyObservation): string {
  return `it dirtied ${formatBytes(bytes)} within ${formatDuration(durationMs)}`;
}
