/** The end of a migration in a few lines, for people. */

import type { RemotePages } from '../../journal/outcome.ts';
import type { MigrationView } from '../../journal/view.ts';
import { roomyLimitMs } from '../../model/roomy-limit.ts';
import { formatBytes, formatDuration, spellDuration } from '../../model/units.ts';

/** A line each: what comes from elsewhere may hold line ends, which the sink escapes. */
export function summaryLines(view: MigrationView): string[] {
  const { outcome } = view;
  if (!outcome) return [`${view.id}: switchover did not see the end of this migration`];
  const rows: [string, string][] = [];
  if (outcome.pauseMs !== null) {
    const own =
      outcome.reportedDowntimeMs === null
        ? ''
        : `, the hypervisor's own figure ${formatDuration(outcome.reportedDowntimeMs)}`;
    rows.push(['pause', `${formatDuration(outcome.pauseMs)} (the guest stood still, measured${own})`]);
  } else if (outcome.reportedDowntimeMs !== null)
    rows.push([
      'pause',
      `not measured, as the destination was not watched; the hypervisor says ${formatDuration(outcome.reportedDowntimeMs)}`,
    ]);
  const { brownOut } = outcome;
  if (brownOut)
    rows.push([
      'braked',
      `for ${formatDuration(brownOut.ms)}, by up to ${brownOut.percent} % (the guest ran slower before the pause)`,
    ]);
  const remote = remoteWords(outcome.remotePages ?? null);
  if (remote !== undefined) rows.push(['remote', remote]);
  rows.push(['total', formatDuration(outcome.totalMs)]);
  rows.push([
    'sent',
    `${formatBytes(outcome.sentBytes)} of a guest of ${formatBytes(view.guest.memoryBytes)}`,
  ]);
  const encrypted = outcome.encrypted ?? null;
  if (encrypted !== null) rows.push(['stream', encrypted ? 'encrypted (TLS)' : 'not encrypted']);
  if (outcome.neededPauseMs !== null)
    rows.push([
      'needed',
      `a pause of ${formatDuration(outcome.neededPauseMs)}; allow it with --max-downtime ${spellDuration(roomyLimitMs(outcome.neededPauseMs))}`,
    ]);
  if (outcome.memoryIntensive !== null)
    rows.push(['guest', outcome.memoryIntensive ? 'memory-intensive' : 'not memory-intensive']);
  rows.push(['journal', `switchover explain ${view.id}`]);
  return [
    `${outcome.outcome}: ${outcome.reason}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(8)} ${value}`),
  ];
}

function remoteWords(remotePages: RemotePages | null): string | undefined {
  if (!remotePages) return undefined;
  const { ms, allBlockedMs, vcpuBlockedMs, pageLatencyMs } = remotePages;
  const several = vcpuBlockedMs !== null && vcpuBlockedMs.length > 1;
  const waits = [
    ...(allBlockedMs === null
      ? []
      : [
          `${several ? 'all its vCPUs at once' : 'its vCPU'} waited for pages for ${formatDuration(allBlockedMs)}`,
        ]),
    ...(several ? [`one of them for up to ${formatDuration(Math.max(...vcpuBlockedMs))}`] : []),
    ...(pageLatencyMs === null ? [] : [`${Number(pageLatencyMs.toPrecision(2))} ms a page on average`]),
  ];
  const time = ms === null ? 'for a time that was not measured' : `for ${formatDuration(ms)}`;
  const waited = waits.length > 0 ? waits.join(', ') : 'how long its vCPUs waited for pages was not counted';
  return `${time} (the guest ran while its memory followed; ${waited})`;
}
