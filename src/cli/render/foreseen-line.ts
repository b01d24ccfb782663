import type { Foreknowledge } from '../../model/foreknowledge.ts';
import { formatBytes, formatDuration } from '../../model/units.ts';

/** What was known before the start, in a sentence. */
export function foreseenLine({ probes, earlierPasses }: Foreknowledge): string {
  const probed = probes.map(
    ({ bytes, durationMs }) => `the guest dirtied ${formatBytes(bytes)} within ${formatDuration(durationMs)}`,
  );
  const found = probed.length > 0 ? probed.join(', ') : 'the guest could not be probed';
  const earlier =
    earlierPasses.length > 0 ? `; ${earlierPasses.length} passes of its earlier migrations are known` : '';
  return `before the start: ${found}${earlier}`;
}
