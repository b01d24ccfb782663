import type { DirtyObservation } from '../../model/dirty-curve.ts';
import type { Foreknowledge } from '../../model/foreknowledge.ts';
import { formatBytes, formatDuration } from '../../model/units.ts';

/** What is known of the guest apart from its passes, for people. @returns no line where that is nothing */
export function foreseenLines({ probes, earlierPasses }: Foreknowledge): string[] {
  const earlier =
    earlierPasses.length > 0 ? [`${earlierPasses.length} passes of its earlier migrations are known`] : [];
  const found = [...probes.map(probedLine), ...earlier];
  return found.length > 0 ? [`known of the guest: ${found.join('; ')}`] : [];
}

export function probedLine({ bytes, durationMs }: DirtyObservation): string {
  return `it dirtied ${formatBytes(bytes)} within ${formatDuration(durationMs)}`;
}
