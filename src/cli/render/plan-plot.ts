/**
 * The picture of `plan --svg`: how the memory that is left would fall over time, and below, for each policy, how long it
 * takes and how much of that the guest stands still. Loaded only for that: the plotting library is large.
 */
import * as Plot from '@observablehq/plot';
import { formatBytes, formatDuration } from '../../model/units.ts';
import type { Planned } from '../../plan/document.ts';
import { type PlanRequest, rehearsedOn } from '../../plan/plan.ts';
import { verdictSentence } from '../../plan/plan-words.ts';
import type { Rehearsal } from '../../plan/rehearse.ts';
import { traceOf } from '../../plan/trace.ts';
import { stock } from '../../policy/stock.ts';
import { drawing, picture } from './picture.ts';

/** Told apart by colour-blind readers, and from a white and from a black ground. */
const COPYING = '#3d8bd4';
const PAUSED = '#d95f02';
const OTHER = '#8c8c8c';

const WIDTH = 860;
const LABELS = 200;
const RIGHT = 150;
const TRACE_HEIGHT = 220;
const ROW = 30;
const TOP = 84;

/** A picture is as wide as this many times the chosen policy takes: what takes longer leaves it. */
const SHOWN = 2.2;

/** @returns a whole SVG document */
export async function planPlot(
  planned: Planned,
  { kind, limits, known }: PlanRequest,
  peers: ReadonlySet<string>,
): Promise<string> {
  const { plan, guest } = planned;
  const texts = [
    { x: 16, y: 28, size: 18, bold: true, words: `${guest.name}: what a migration would take` },
    ...inLines(verdictSentence(plan, limits), 110).map((words, index) => ({
      ...{ x: 16, y: 48 + index * 17, size: 13, words },
    })),
  ];
  const { prospects, chosen } = plan;
  if (!prospects || !chosen) return picture({ width: WIDTH, height: TOP + 20, panels: [], texts });

  const all = [chosen, ...plan.others];
  const untilMs = shownMs(all);
  const on = rehearsedOn(prospects, known);
  const traces = [
    { policy: stock.name, points: await traceOf(stock, limits, on, untilMs) },
    { policy: kind.name, points: await traceOf(kind, limits, on, untilMs) },
  ];
  const lines = traces.flatMap(({ policy, points }) => points.map((point) => ({ policy, ...point })));
  const bars = barsPanel(all, peers, untilMs);
  const barsTop = TOP + TRACE_HEIGHT + 46;
  return picture({
    width: WIDTH,
    height: barsTop + all.length * ROW + 76,
    panels: [
      { x: 0, y: TOP + 10, svg: tracePanel(lines, kind.name, untilMs) },
      { x: 0, y: barsTop, svg: bars },
    ],
    texts: [
      ...texts,
      {
        x: 16,
        y: TOP + 6,
        size: 13,
        bold: true,
        words: `memory left: ${kind.name}, and ${stock.name} in grey`,
      },
      { x: 16, y: barsTop - 8, size: 13, bold: true, words: 'total time, with the pause at its end' },
      {
        ...{ x: 16, y: barsTop + all.length * ROW + 62, size: 12 },
        words:
          "line: between these the total most probably lies. * by that system's own rule and defaults, whatever the limits",
      },
    ],
  });
}

function shownMs(all: readonly Rehearsal[]): number {
  const [chosen] = all;
  const ends = all.flatMap(({ figures }) => (figures ? [figures.totalMs.high] : []));
  const own = chosen?.figures?.totalMs.high ?? Math.min(...ends);
  return Number.isFinite(own) ? Math.min(Math.max(...ends) * 1.05, own * SHOWN) : 60_000;
}

function tracePanel(
  lines: readonly { policy: string; atMs: number; remainingBytes: number }[],
  chosen: string,
  untilMs: number,
): string {
  return drawing({
    ...{ width: WIDTH, height: TRACE_HEIGHT, marginLeft: 72, marginRight: RIGHT - 50, marginTop: 8 },
    x: { domain: [0, untilMs], label: null, tickFormat: duration, ticks: 6 },
    y: { label: null, tickFormat: (bytes: number) => formatBytes(bytes), ticks: 4, grid: true, zero: true },
    marks: [
      Plot.line(lines, {
        ...{ x: 'atMs', y: 'remainingBytes', z: 'policy', strokeWidth: 2 },
        stroke: ({ policy }: { policy: string }) => (policy === chosen ? COPYING : OTHER),
      }),
    ],
  });
}

interface Bar {
  readonly policy: string;
  readonly words: string;
  /** Defined, like the rest, where it ends. */
  readonly endsMs?: number;
  readonly stopsMs?: number;
  readonly lowMs?: number;
  readonly highMs?: number;
}

function barsPanel(all: readonly Rehearsal[], peers: ReadonlySet<string>, untilMs: number): string {
  const label = (policy: string) => (peers.has(policy) ? `${policy} *` : policy);
  const within = (ms: number) => Math.min(ms, untilMs);
  const rows = all.map(({ policy, end, figures, usedMeans, brownOut }): Bar => {
    if (!figures) return { policy: label(policy), words: end === 'never-ends' ? 'never ends' : 'gives up' };
    const { totalMs, pauseMs } = figures;
    const stopsMs = totalMs.middle - pauseMs.middle;
    return {
      policy: label(policy),
      ...{ stopsMs: within(stopsMs), endsMs: within(totalMs.middle) },
      ...{ lowMs: within(totalMs.low), highMs: within(totalMs.high) },
      words: [
        `${formatDuration(totalMs.middle)}, pause ${formatDuration(pauseMs.middle)}`,
        ...(brownOut ? ['slowed'] : []),
        ...usedMeans,
      ].join(', '),
    };
  });
  const drawn = rows.filter(({ endsMs }) => endsMs !== undefined);
  const at = ({ endsMs, highMs }: Bar) => Math.max(endsMs ?? 0, highMs ?? 0);
  return drawing({
    ...{ width: WIDTH, height: all.length * ROW + 34, marginLeft: LABELS, marginRight: RIGHT + 60 },
    marginTop: 4,
    x: { domain: [0, untilMs], label: null, tickFormat: duration, ticks: 5 },
    y: { label: null, domain: rows.map(({ policy }) => policy), tickSize: 0, padding: 0.35 },
    marks: [
      Plot.barX(drawn, { x1: 0, x2: 'stopsMs', y: 'policy', fill: COPYING }),
      Plot.barX(drawn, { x1: 'stopsMs', x2: 'endsMs', y: 'policy', fill: PAUSED }),
      Plot.ruleY(drawn, { x1: 'lowMs', x2: 'highMs', y: 'policy', stroke: 'currentColor', strokeWidth: 1.5 }),
      Plot.text(rows, { x: at, y: 'policy', text: 'words', textAnchor: 'start', dx: 8 }),
    ],
  });
}

/** `1 min`, not `1 min 0 s`. */
function duration(ms: number): string {
  return formatDuration(ms).replace(/ 0 (s|min)$/, '');
}

function inLines(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
