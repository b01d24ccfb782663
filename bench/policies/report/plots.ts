/** The pictures of docs/benchmarks.md. Pure: the same result gives the same bytes. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { contenderOf, type GuestComparison } from '../comparison.ts';
import { CONTENDERS } from '../contenders.ts';
import type { PoliciesResult } from '../result.ts';
import { alwaysArrives } from '../rows.ts';

/** Told apart by colour-blind readers too. */
const COLOURS: Readonly<Record<string, string>> = {
  stock: '#b35806',
  relaxed: '#762a83',
  mp: '#1b7837',
  forecast: '#2166ac',
};
const PEER_COLOUR = '#777';
const OWN = new Set(CONTENDERS.filter(({ tier }) => tier === 'own').map(({ id }) => id));

/** Pause over total time of everybody who always arrives: down and to the left is better. */
export function frontierPlot(guest: GuestComparison): string {
  const dots = [...guest.rows.values()].flatMap((row) =>
    alwaysArrives(row) && row.pauseMs && row.totalMs
      ? [
          {
            name: row.contender,
            own: OWN.has(contenderOf(row.contender)),
            x: row.totalMs.median / 1000,
            ...{ x1: row.totalMs.min / 1000, x2: row.totalMs.max / 1000 },
            y: row.pauseMs.median / 1000,
            colour: COLOURS[contenderOf(row.contender).replace(/[=+].*/, '')] ?? PEER_COLOUR,
          },
        ]
      : [],
  );
  const right = Math.max(1, ...dots.map(({ x2 }) => x2)) * 1.05;
  const top = Math.max(0.3, ...dots.map(({ y }) => y)) * 1.1;
  const labels = spreadOut(dots, top).map((dot) => ({ ...dot, right }));
  return svg({
    width: 860,
    height: 400,
    marginRight: 200,
    x: { label: 'total time, s', labelArrow: 'none', domain: [0, right] },
    y: { label: 'pause, s', labelArrow: 'none', grid: true, domain: [0, top] },
    marks: [
      Plot.ruleY([0]),
      Plot.link(labels, {
        x1: 'x',
        y1: 'y',
        x2: 'right',
        y2: 'labelY',
        stroke: 'colour',
        strokeOpacity: 0.3,
      }),
      Plot.ruleY(dots, { x1: 'x1', x2: 'x2', y: 'y', stroke: 'colour' }),
      Plot.dot(dots, { x: 'x', y: 'y', fill: 'colour', r: (dot: { own: boolean }) => (dot.own ? 5 : 3) }),
      Plot.text(labels, {
        ...{ x: 'right', y: 'labelY', text: 'name', fill: 'colour', textAnchor: 'start', dx: 6 },
      }),
    ],
  });
}

const LABELS_ABOVE_EACH_OTHER = 22;

/** Names beside the plot, up to `top`, each as near to its dot's height as those above and below it let it be. */
function spreadOut<T extends { readonly y: number }>(dots: readonly T[], top: number) {
  const gap = top / Math.max(LABELS_ABOVE_EACH_OTHER, dots.length - 1);
  const upwards = dots.toSorted((a, b) => a.y - b.y);
  let lowest = 0;
  return upwards.map((dot, at) => {
    const highest = top - (upwards.length - 1 - at) * gap;
    const labelY = Math.max(lowest, Math.min(dot.y, highest));
    lowest = labelY + gap;
    return { ...dot, labelY };
  });
}

const LINE_HEIGHT_PX = 14;

/** What each boundary found dirty in the first repeat, under QEMU's own rule and ours; shaded where the guest stood still. */
export function passesPlot({ runs }: PoliciesResult, { name, relaxedLimitMs }: GuestComparison): string {
  const first = runs.filter((run) => run.guest === name && run.repeat === 1);
  // At the limit that it came to, whether or not the first repeat had that one already.
  const relaxed = first.find(({ limitMs }) => limitMs !== null && limitMs === relaxedLimitMs);
  const others = first.filter(
    ({ stage, contender }) =>
      stage === 'matrix' && contender !== 'relaxed' && Object.hasOwn(COLOURS, contender),
  );
  const shown = relaxed ? [...others, { ...relaxed, contender: 'relaxed' }] : others;
  const points = shown.flatMap(({ contender, boundaries }) =>
    boundaries
      .filter(({ pass }) => pass > 1)
      .map(({ atMs, remainingBytes }) => ({
        ...{ contender, x: atMs / 1000, y: remainingBytes / 1e6 },
        colour: COLOURS[contender] ?? PEER_COLOUR,
      })),
  );
  const ends = shown.flatMap(({ contender, success, totalMs, pauseMs }) =>
    success && pauseMs !== null
      ? [{ x1: (totalMs - pauseMs) / 1000, x2: totalMs / 1000, contender, colour: COLOURS[contender] ?? '' }]
      : [],
  );
  const top = Math.max(1, ...points.map(({ y }) => y)) * 1.4;
  const right = Math.max(1, ...shown.map(({ totalMs }) => totalMs / 1000));
  const names = shown.flatMap(({ contender, success, totalMs, boundaries }) => {
    const lastMs = success ? totalMs : (boundaries.at(-1)?.atMs ?? totalMs);
    const text = success ? contender : `${contender}: not arrived`;
    return [{ contender, text, x: lastMs / 1000, colour: COLOURS[contender] ?? PEER_COLOUR }];
  });
  return svg({
    width: 860,
    height: 300,
    marginRight: 130,
    x: { label: 's since the start', labelArrow: 'none', domain: [0, right] },
    y: { label: 'MB dirty at a boundary', labelArrow: 'none', grid: true, domain: [0, top] },
    marks: [
      Plot.ruleY([0]),
      Plot.rectX(ends, { x1: 'x1', x2: 'x2', y1: 0, y2: top, fill: 'colour', fillOpacity: 0.13 }),
      // Each on a line of its own: where nobody is interfered with, all end at the same time.
      ...Object.keys(COLOURS).map((contender, line) =>
        Plot.text(
          names.filter((name) => name.contender === contender),
          {
            ...{ x: 'x', y: top, text: 'text', fill: 'colour', textAnchor: 'start' },
            ...{ dx: 4, dy: 8 + LINE_HEIGHT_PX * line },
          },
        ),
      ),
      Plot.lineY(points, { x: 'x', y: 'y', stroke: 'colour', z: 'contender' }),
      Plot.dot(points, { x: 'x', y: 'y', fill: 'colour', r: 2.5 }),
    ],
  });
}

function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>');
  const plot = Plot.plot({
    ...options,
    document: document as never,
    marginLeft: 60,
    marginBottom: 40,
    style: { fontFamily: 'Helvetica, Arial, sans-serif', fontSize: '12px', background: 'white' },
  });
  const text = String((plot as unknown as { outerHTML: string }).outerHTML);
  const named = text.includes('xmlns=')
    ? text
    : text.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
  return `<?xml version="1.0" encoding="UTF-8"?>\n${named}\n`;
}
