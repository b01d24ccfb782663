/** What `simulate` prints: a table, and for a fleet a small plot below it. Pure. */

import { table } from '../../model/table.ts';
import { formatBytes, formatDuration } from '../../model/units.ts';
import type { Distribution, PolicyResult } from '../../simulate/summary.ts';
import { legendLines, markedName } from './fleet-legend.ts';
import { quantileStrip, scaleOf } from './quantile-strip.ts';

const HEADINGS = ['POLICY', 'ARRIVED', 'TOTAL', '(P95)', 'SENT', '(P95)', 'PAUSE', '(P95)', 'LONGEST'];
/** Quantiles of fewer say nothing. */
const FLEET_FROM = 20;
const BAR_CELLS = 12;
const STRIP_CELLS = 21;

export function fleetText(results: readonly PolicyResult[]): string {
  return [tableOf(results), plotOf(results), legendLines(results).join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
}

function tableOf(results: readonly PolicyResult[]): string {
  const rows = results.map(({ policy, startedWith, completed, migrations, ...figures }) => [
    markedName({ policy, startedWith }),
    migrations === 1 ? (completed ? 'yes' : 'no') : `${completed} of ${migrations}`,
    ...medianAndP95(figures.totalMs, formatDuration),
    ...medianAndP95(figures.sentBytes, formatBytes),
    ...medianAndP95(figures.pauseMs, formatDuration),
    figures.pauseMs ? formatDuration(figures.pauseMs.max) : '-',
  ]);
  return table([HEADINGS, ...rows]);
}

function medianAndP95(of: Distribution | undefined, format: (value: number) => string): [string, string] {
  return of ? [format(of.median), format(of.p95)] : ['-', '-'];
}

/** Nothing for single migrations, and where all took the same. */
function plotOf(results: readonly PolicyResult[]): string {
  const total = scaleOf(results.map(({ totalMs }) => totalMs));
  const pause = scaleOf(results.map(({ pauseMs }) => pauseMs));
  if (!total || !pause || (results[0]?.migrations ?? 0) < FLEET_FROM) return '';
  const heading = (name: string, { least, most }: { least: number; most: number }) => {
    const [from, to] = [`${name} ${formatDuration(least)}`, formatDuration(most)];
    return `${from}${to.padStart(STRIP_CELLS - from.length)}`;
  };
  const rows = results.map(({ policy, startedWith, completed, migrations, totalMs, pauseMs }) => [
    markedName({ policy, startedWith }),
    bar(completed / migrations),
    quantileStrip(totalMs, total, STRIP_CELLS),
    quantileStrip(pauseMs, pause, STRIP_CELLS),
  ]);
  return `${table([['POLICY', 'ARRIVED', heading('TOTAL', total), heading('PAUSE', pause)], ...rows])}
--==|==-- from the 5th to the 95th percentile, the middle half, the median; scales are logarithmic`;
}

/** Full only when all arrived, empty only when none did. */
function bar(share: number): string {
  const cells = Math.round(share * BAR_CELLS);
  const filled = share >= 1 ? BAR_CELLS : share <= 0 ? 0 : Math.min(BAR_CELLS - 1, Math.max(1, cells));
  return `[${'='.repeat(filled).padEnd(BAR_CELLS)}]`;
}
