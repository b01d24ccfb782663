/** How one pass of a migration reads: what was copied, what is left, and what was made of it. */

import type { DatedDecision } from '../../journal/view.ts';
import { isBraked } from '../../model/braking.ts';
import type { MeasuredBoundary } from '../../model/observation.ts';
import { formatBytes, formatDuration, formatRate } from '../../model/units.ts';

export function passLine(boundary: MeasuredBoundary): string {
  const { ended, pauseForecastMs } = boundary;
  const cells = [
    `pass ${boundary.pass}`.padEnd(8),
    formatDuration(boundary.atMs).padStart(8),
    `sent ${formatBytes(boundary.sentBytes)}`.padEnd(13),
    `left ${formatBytes(boundary.remainingBytes)}`.padEnd(13),
  ];
  if (ended)
    cells.push(
      `dirtied ${formatRate(ended.dirtyRateBytesPerSecond)}, sent ${formatRate(ended.bandwidthBytesPerSecond)}`.padEnd(
        36,
      ),
    );
  if (pauseForecastMs !== undefined) cells.push(`a pause now: ${formatDuration(pauseForecastMs)}`);
  if (isBraked(boundary.throttlePercent)) cells.push(`braked by ${boundary.throttlePercent} %`);
  return cells.join('  ').trimEnd();
}

export function decisionLine(decision: DatedDecision): string {
  return `         ${decision.action}: ${decision.reason}`;
}
