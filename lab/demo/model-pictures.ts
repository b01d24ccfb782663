/**
 * Draws the pictures of docs/model.md, from the model itself: `node lab/demo/model-pictures.ts`.
 */
import { writeFileSync } from 'node:fs';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { DirtyCurve } from '../../src/model/dirty-curve.ts';

const MB = 1e6;
const MEMORY_MB = 512;
const LONGEST_SECONDS = 8;
/** Told apart by colour-blind readers too. */
const CURVE = '#1b7837';
const BOUNDS = '#2166ac';
const PASSES = '#b35806';
const EXACT = { bytes: 0, relative: 0 };

/** A hot part that saturates within a second, and a cold one: W·(1 - exp(-r·t/W)) twice. */
function dirtiedMb(seconds: number): number {
  return 90 * (1 - Math.exp(-seconds / 0.5)) + 300 * (1 - Math.exp(-seconds / 12));
}

function observed(...seconds: number[]): DirtyCurve {
  let curve = DirtyCurve.unobserved(MEMORY_MB * MB, EXACT);
  for (const s of seconds) curve = curve.observe({ durationMs: s * 1000, bytes: dirtiedMb(s) * MB }).curve;
  return curve;
}

const seconds = Array.from({ length: 160 }, (_, n) => ((n + 1) / 160) * LONGEST_SECONDS);

function bracketPicture(): string {
  const panels = [[3], [1, 3], [1, 3, 6]].map((times) => ({
    title: `${times.length} observation${times.length > 1 ? 's' : ''}`,
    curve: observed(...times),
    times,
  }));
  const region = panels.flatMap(({ title, curve }) =>
    seconds.map((s) => ({ title, s, low: curve.lower(s * 1000) / MB, high: curve.upper(s * 1000) / MB })),
  );
  const truth = panels.flatMap(({ title }) => [0, ...seconds].map((s) => ({ title, s, mb: dirtiedMb(s) })));
  const points = panels.flatMap(({ title, times }) => times.map((s) => ({ title, s, mb: dirtiedMb(s) })));
  return svg({
    fx: { label: null, domain: panels.map(({ title }) => title) },
    marks: [
      Plot.areaY(region, { fx: 'title', x: 's', y1: 'low', y2: 'high', fill: BOUNDS, fillOpacity: 0.18 }),
      Plot.lineY(region, { fx: 'title', x: 's', y: 'low', stroke: BOUNDS }),
      Plot.lineY(region, { fx: 'title', x: 's', y: 'high', stroke: BOUNDS }),
      Plot.lineY(truth, { fx: 'title', x: 's', y: 'mb', stroke: CURVE, strokeDasharray: '5 3' }),
      Plot.dot(points, { fx: 'title', x: 's', y: 'mb', fill: CURVE, r: 4 }),
      Plot.ruleY([0]),
    ],
  });
}

/** Passes as a staircase: up to the line B·t is the time that a pass takes, over to the curve what it leaves. */
function passesPicture(): string {
  const megabytesPerSecond = 60;
  const steps: { s: number; mb: number }[] = [];
  let rest = 450;
  for (let pass = 0; pass < 5; pass += 1) {
    const s = rest / megabytesPerSecond;
    steps.push({ s, mb: rest }, { s, mb: dirtiedMb(s) });
    rest = dirtiedMb(s);
  }
  const link = [0, LONGEST_SECONDS].map((s) => ({ s, mb: s * megabytesPerSecond }));
  const words = [
    { s: 5.6, mb: 395, text: 'B·t: what the link sends', fill: '#222' },
    { s: 5.5, mb: 170, text: 'D(t): what the guest dirties', fill: CURVE },
    {
      s: rest / megabytesPerSecond + 0.1,
      mb: rest - 22,
      text: `fixed point, ${Math.round(rest)} MB`,
      fill: PASSES,
    },
  ];
  return svg({
    marks: [
      Plot.lineY(link, { x: 's', y: 'mb', stroke: '#222' }),
      Plot.lineY(
        [0, ...seconds].map((s) => ({ s, mb: dirtiedMb(s) })),
        { x: 's', y: 'mb', stroke: CURVE, strokeWidth: 2 },
      ),
      Plot.line(steps, { x: 's', y: 'mb', stroke: PASSES, strokeWidth: 1.5 }),
      Plot.dot(
        steps.filter((_, n) => n % 2 === 1),
        { x: 's', y: 'mb', fill: PASSES, r: 3.5 },
      ),
      ...words.map((word) =>
        Plot.text([word], {
          x: 's',
          y: 'mb',
          text: 'text',
          fill: word.fill,
          textAnchor: word.mb > 300 ? 'end' : 'start',
        }),
      ),
      Plot.ruleY([0]),
    ],
  });
}

function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>');
  const plot = Plot.plot({
    document: document as never,
    width: 860,
    height: 340,
    marginLeft: 50,
    marginBottom: 42,
    style: { fontFamily: 'Helvetica, Arial, sans-serif', fontSize: '13px', background: 'white' },
    x: {
      label: 'seconds since a clean bitmap',
      labelAnchor: 'center',
      labelArrow: 'none',
      domain: [0, LONGEST_SECONDS],
    },
    y: { label: 'MB dirty', grid: true, domain: [0, 500] },
    ...options,
  });
  const text = String((plot as unknown as { outerHTML: string }).outerHTML);
  const named = text.includes('xmlns=')
    ? text
    : text.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
  return `<?xml version="1.0" encoding="UTF-8"?>\n${named}\n`;
}

for (const [name, picture] of [
  ['model-bracket', bracketPicture()],
  ['model-passes', passesPicture()],
] as const)
  writeFileSync(new URL(`../../docs/${name}.svg`, import.meta.url), picture);
