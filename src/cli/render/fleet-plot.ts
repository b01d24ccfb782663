/**
 * The picture of `simulate --svg`: a row for each policy; how many arrived, then the distributions of total time,
 * data and pause. Loaded only for that: the plotting library is large.
 */
import * as Plot from '@observablehq/plot';
import { formatBytes, formatDuration } from '../../model/units.ts';
import type { Distribution, PolicyResult } from '../../simulate/summary.ts';
import { legendLines, markedName } from './fleet-legend.ts';
import { drawing, type Panel, picture } from './picture.ts';
import { scaleOf } from './quantile-strip.ts';

/** Told apart by colour-blind readers, and from a white and from a black ground. */
const STRIP = '#3d8bd4';
const MEDIAN = '#d95f02';
const LOST = '#8c8c8c';

const ROW = 30;
const TOP = 92;
/** Of the notes below. */
const LINE = 17;

const LABELS = 200;
const WIDTHS = { arrived: 170, strip: 215, gap: 24 };

/** @returns a whole SVG document */
export function fleetPlot(results: readonly PolicyResult[], subtitle: string): string {
  const height = results.length * ROW + 24;
  const strips = [
    {
      name: 'total time',
      of: (result: PolicyResult) => result.totalMs,
      format: roundDuration,
      ticks: TIMES,
    },
    { name: 'sent', of: (result: PolicyResult) => result.sentBytes, format: formatBytes, ticks: SIZES },
    { name: 'pause', of: (result: PolicyResult) => result.pauseMs, format: roundDuration, ticks: TIMES },
  ];
  const panels: Panel[] = [{ x: 0, y: TOP, svg: arrivedPanel(results, height) }];
  let x = LABELS + WIDTHS.arrived;
  for (const strip of strips) {
    panels.push({ x, y: TOP, svg: stripPanel(results, strip, height) });
    x += WIDTHS.strip;
  }
  const heads = [LABELS, ...strips.map((_, index) => LABELS + WIDTHS.arrived + index * WIDTHS.strip)];
  const most = Math.max(...results.map(({ migrations }) => migrations));
  return picture({
    width: x + WIDTHS.gap,
    height: TOP + height + 26 + notes(results).length * LINE,
    panels,
    texts: [
      { x: 16, y: 28, size: 18, bold: true, words: `${most} simulated migrations under each policy` },
      { x: 16, y: 48, size: 13, words: subtitle },
      ...['arrived', ...strips.map(({ name }) => name)].map((words, index) => ({
        ...{ x: (heads[index] ?? 0) + (index === 0 ? 0 : 12), y: TOP - 8, size: 13, bold: true, words },
      })),
      ...notes(results).map((words, index) => ({
        ...{ x: 16, y: TOP + height + 26 + index * LINE, size: 12, words },
      })),
    ],
  });
}

function arrivedPanel(results: readonly PolicyResult[], height: number): string {
  const rows = results.map(({ policy, completed, migrations, startedWith }) => ({
    policy: markedName({ policy, startedWith }),
    share: completed / migrations,
    words: migrations === 1 ? (completed ? 'yes' : 'no') : percent(completed, migrations),
  }));
  return drawing({
    ...rowsOf(results, height, LABELS + WIDTHS.arrived),
    marginLeft: LABELS,
    marginRight: 56,
    x: { axis: null, domain: [0, 1] },
    y: { label: null, domain: rows.map(({ policy }) => policy), tickSize: 0, padding: 0.35 },
    marks: [
      Plot.barX(rows, { x: 1, y: 'policy', fill: LOST, fillOpacity: 0.3 }),
      Plot.barX(rows, { x: 'share', y: 'policy', fill: STRIP }),
      Plot.text(rows, { x: 1, y: 'policy', text: 'words', textAnchor: 'start', dx: 6 }),
    ],
  });
}

interface Strip {
  readonly of: (result: PolicyResult) => Distribution | undefined;
  readonly format: (value: number) => string;
  readonly ticks: readonly number[];
}

function stripPanel(results: readonly PolicyResult[], { of, format, ticks }: Strip, height: number): string {
  const all = results.map((result) => ({
    policy: markedName(result),
    of: of(result),
  }));
  const drawn = all.flatMap(({ policy, of: quantiles }) => (quantiles ? [{ policy, ...quantiles }] : []));
  const without = all.filter(({ of: quantiles }) => !quantiles);
  const domain = domainOf(drawn);
  return drawing({
    ...rowsOf(results, height, WIDTHS.strip),
    marginLeft: 12,
    marginRight: WIDTHS.gap,
    x: {
      ...{ type: 'log', domain, label: null, grid: true },
      ticks: spaced(ticks, domain),
      tickFormat: format,
    },
    y: { axis: null, domain: all.map(({ policy }) => policy), padding: 0.35 },
    marks: [
      Plot.ruleY(drawn, { y: 'policy', x1: 'p5', x2: 'p95', stroke: STRIP, strokeWidth: 2 }),
      Plot.ruleY(drawn, { y: 'policy', x1: 'p25', x2: 'p75', stroke: STRIP, strokeWidth: 10 }),
      Plot.tickX(drawn, { y: 'policy', x: 'median', stroke: MEDIAN, strokeWidth: 3 }),
      Plot.dot(drawn, { y: 'policy', x: 'max', stroke: STRIP, r: 2.5 }),
      Plot.text(without, { y: 'policy', frameAnchor: 'left', text: () => 'none arrived', fill: LOST, dx: 4 }),
    ],
  });
}

function rowsOf(results: readonly PolicyResult[], height: number, width: number) {
  return { width, height, marginTop: 2, marginBottom: height - results.length * ROW - 2 };
}

/** A little wider than what is drawn, and never empty. */
function domainOf(drawn: readonly Distribution[]): [number, number] {
  const { least, most } = scaleOf(drawn) ?? { least: drawn[0]?.p5 || 1, most: drawn[0]?.p95 || 1 };
  const longest = Math.max(most, ...drawn.map(({ max }) => max));
  const room = Math.max(1.1, (longest / least) ** 0.04);
  return [least / room, longest * room];
}

const STEPS = [1, 2, 3, 5];
const SECONDS = STEPS.flatMap((n) => [n, n * 10, n * 100, n * 1000, n * 10_000]).filter((ms) => ms < 50_000);
const MINUTES = [1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600, 1440].map((minutes) => minutes * 60_000);
const TIMES = [...SECONDS.sort((a, b) => a - b), ...MINUTES];
const SIZES = [1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13].flatMap((unit) => STEPS.map((n) => n * unit));

/** Of the scale's length: labels have to stand side by side. */
const LEAST_GAP = 0.24;

/** As many as there is room for, from the least on. */
function spaced(ticks: readonly number[], [from, to]: [number, number]): number[] {
  const chosen: number[] = [];
  for (const tick of ticks) {
    const gap = Math.log(tick / (chosen.at(-1) ?? Number.MIN_VALUE)) / Math.log(to / from);
    if (tick >= from && tick <= to && gap >= LEAST_GAP) chosen.push(tick);
  }
  return chosen;
}

/** `1 min`, not `1 min 0 s`. */
function roundDuration(ms: number): string {
  return formatDuration(ms).replace(/ 0 (s|min)$/, '');
}

function percent(completed: number, migrations: number): string {
  // 99.97 % is not all.
  const share = (completed / migrations) * 100;
  const digits = share > 99 && share < 100 ? 2 : 1;
  const text = share.toFixed(digits);
  return `${Number(text) >= 100 && completed < migrations ? '99.99' : String(Number(text))} %`;
}

function notes(results: readonly PolicyResult[]): string[] {
  return [
    'of those that arrived: line from the 5th to the 95th percentile, bar the middle half, tick the median, circle the longest',
    ...legendLines(results),
  ];
}
