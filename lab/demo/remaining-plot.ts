/** The picture of the demo: memory left to send over time, for each run, with the switchover marked. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { JournalEntry } from '../../src/journal/journal-entry.ts';

export interface PlottedRun {
  readonly label: string;
  readonly entries: readonly JournalEntry[];
}

interface Point {
  readonly run: string;
  readonly seconds: number;
  readonly megabytes: number;
}

const WIDTH = 860;
const HEIGHT = 420;
/** Of the height, between the words of two switchovers. */
const WORDS_STEP = 0.15;
/** Told apart by colour-blind readers too, and by the dashes of the first. */
const COLOURS = ['#b35806', '#2166ac', '#1b7837', '#762a83'];

/** @returns a whole SVG document */
export function remainingPlot(runs: readonly PlottedRun[], title: string, subtitle: string): string {
  const { document } = parseHTML('<html><body></body></html>');
  const points = runs.flatMap(pointsOf);
  // Each a step below the one before: their words would cover each other.
  const switchovers = runs
    .flatMap((run) => switchoverOf(run))
    .map((each, index) => ({ ...each, top: each.top * (1 - WORDS_STEP * index) }));
  const plot = Plot.plot({
    document: document as never,
    width: WIDTH,
    height: HEIGHT,
    marginTop: 88,
    marginLeft: 60,
    marginRight: 30,
    marginBottom: 45,
    style: { fontFamily: 'Helvetica, Arial, sans-serif', fontSize: '13px', background: 'white' },
    x: { label: 'seconds since the migration began', labelAnchor: 'center', labelArrow: 'none', nice: true },
    y: {
      label: null,
      grid: true,
      domain: [0, Math.max(...points.map((p) => p.megabytes)) * 1.08],
    },
    color: { domain: runs.map(({ label }) => label), range: COLOURS },
    marks: [
      Plot.rect(switchovers, { x1: 'stopped', x2: 'resumed', fill: 'run', fillOpacity: 0.18 }),
      Plot.lineY(points, {
        x: 'seconds',
        y: 'megabytes',
        stroke: 'run',
        strokeWidth: 1.8,
        strokeDasharray: 'none',
      }),
      Plot.ruleX(switchovers, { x: 'stopped', stroke: 'run', strokeDasharray: '4 3' }),
      Plot.text(switchovers, {
        x: 'resumed',
        y: 'top',
        text: 'words',
        textAnchor: 'start',
        dx: 6,
        lineHeight: 1.25,
        fill: 'run',
        fontWeight: 'bold',
      }),
      Plot.text(ends(runs, points), {
        x: 'seconds',
        y: 'megabytes',
        text: 'words',
        textAnchor: 'end',
        dy: -12,
        fill: 'run',
        fontWeight: 'bold',
      }),
      Plot.ruleY([0]),
    ],
  });
  const svg = String((plot as unknown as { outerHTML: string }).outerHTML);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${titled(svg, title, subtitle)}\n`;
}

function pointsOf({ label, entries }: PlottedRun): Point[] {
  const points = entries.flatMap((entry): Point[] => {
    const counters =
      entry.type === 'boundary' ? entry.boundary : entry.type === 'tick' ? entry.tick : undefined;
    return counters
      ? [{ run: label, seconds: counters.atMs / 1000, megabytes: counters.remainingBytes / 1e6 }]
      : [];
  });
  const resumed = resumedAt(entries);
  // QEMU answers nothing while the guest is stopped; what is known of that time is that it ends with nothing left.
  return resumed === undefined ? points : [...points, { run: label, seconds: resumed, megabytes: 0 }];
}

function switchoverOf({ label, entries }: PlottedRun) {
  const stopped = entries.find((entry) => entry.type === 'guest' && entry.event === 'stopped');
  const resumed = resumedAt(entries);
  if (!stopped || resumed === undefined) return [];
  const seconds = stopped.atMs / 1000;
  const top = Math.max(...pointsOf({ label, entries }).map(({ megabytes }) => megabytes));
  const words = `${label}: switchover, paused ${(resumed - seconds).toFixed(2)} s,\nthen runs on the destination`;
  return [{ run: label, stopped: seconds, resumed, top, words }];
}

function resumedAt(entries: readonly JournalEntry[]): number | undefined {
  const resumed = entries.find(
    (entry) => entry.type === 'guest' && entry.event === 'resumed' && entry.side === 'destination',
  );
  return resumed && resumed.atMs / 1000;
}

/** What became of the runs that did not arrive, told where their line ends. */
function ends(runs: readonly PlottedRun[], points: readonly Point[]) {
  return runs.flatMap(({ label, entries }) => {
    const last = points.findLast(({ run }) => run === label);
    const arrived = resumedAt(entries) !== undefined;
    const sync = Math.max(
      0,
      ...points
        .filter(({ run, seconds }) => run === label && seconds > (last?.seconds ?? 0) / 2)
        .map((p) => p.megabytes),
    );
    return last && !arrived
      ? [{ run: label, seconds: last.seconds, megabytes: sync, words: `${label}: not converging, given up` }]
      : [];
  });
}

/** Plot puts titles into HTML around the SVG; one file needs them inside. */
function titled(svg: string, title: string, subtitle: string): string {
  const text = (y: number, size: number, weight: string, words: string) =>
    `<text x="16" text-anchor="start" y="${y}" font-size="${size}" font-weight="${weight}" fill="#222">${escapeXml(words)}</text>`;
  const withNamespace = svg.includes('xmlns=')
    ? svg
    : svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
  return withNamespace.replace(
    /<\/svg>\s*$/,
    `${text(26, 18, 'bold', title)}${text(47, 13, 'normal', subtitle)}${text(74, 12, 'normal', 'MB left to send')}</svg>`,
  );
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
