/** What every plot marks: where passes begin, while the guest is braked, where it switches over, while it stands still. */
import type uPlot from 'uplot';
import type { Series, Span } from '../model/series.ts';

export interface Limit {
  readonly value: number;
  readonly words: string;
  readonly color: string;
}

/** More passes than this would be a grey wall. */
const PASSES_AT_MOST = 80;

export function marksOf(
  series: () => Series,
  limits: () => readonly Limit[],
  color: (name: string) => string,
): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (plot) => {
        const { passes, brakes, pauses, lastMs } = series();
        clipped(plot, () => {
          for (const span of brakes) band(plot, span, lastMs, color('--brake-soft'));
          for (const span of pauses) band(plot, span, lastMs, color('--pause-soft'));
          if (passes.length <= PASSES_AT_MOST)
            for (const { atMs } of passes.slice(1)) upright(plot, atMs, color('--pass'), []);
        });
      },
      draw: (plot) => {
        const { switchoversMs, brakes } = series();
        clipped(plot, () => {
          for (const limit of limits()) across(plot, limit, color(limit.color));
          const labels: Label[] = [];
          for (const atMs of switchoversMs)
            labels.push({
              words: 'switchover',
              x: upright(plot, atMs, color('--pause'), [5, 3]),
              color: color('--pause'),
            });
          for (const { fromMs } of brakes)
            labels.push({
              words: 'brake',
              x: upright(plot, fromMs, color('--dirty'), [2, 3]),
              color: color('--dirty'),
            });
          write(plot, labels);
        });
      },
    },
  };
}

function clipped(plot: uPlot, paint: () => void): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${11 * devicePixelRatio}px ${getComputedStyle(document.documentElement).fontFamily}`;
  ctx.lineWidth = devicePixelRatio;
  paint();
  ctx.restore();
}

function xOf(plot: uPlot, ms: number): number {
  return Math.round(plot.valToPos(ms / 1000, 'x', true));
}

function band(plot: uPlot, { fromMs, untilMs }: Span, lastMs: number, fill: string): void {
  const { ctx, bbox } = plot;
  const from = xOf(plot, fromMs);
  ctx.fillStyle = fill;
  ctx.fillRect(from, bbox.top, Math.max(2, xOf(plot, untilMs ?? lastMs) - from), bbox.height);
}

/** @returns where it stands */
function upright(plot: uPlot, atMs: number, stroke: string, dash: readonly number[]): number {
  const { ctx, bbox } = plot;
  const x = xOf(plot, atMs) + 0.5;
  ctx.strokeStyle = stroke;
  ctx.setLineDash(dash.map((each) => each * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  return x;
}

interface Label {
  readonly words: string;
  /** Of its line. */
  readonly x: number;
  readonly color: string;
}

/** Each beside its line, on the side that has room. One that would stand on another is left out: its line tells enough. */
function write(plot: uPlot, labels: readonly Label[]): void {
  const { ctx, bbox } = plot;
  const gap = 4 * devicePixelRatio;
  const taken: { readonly from: number; readonly to: number }[] = [];
  ctx.textAlign = 'left';
  ctx.textBaseline = 'top';
  for (const { words, x, color } of labels) {
    const { width } = ctx.measureText(words);
    const from = bbox.left + bbox.width - x > width + 2 * gap ? x + gap : x - gap - width;
    const to = from + width;
    if (taken.some((other) => from < other.to + gap && other.from < to + gap)) continue;
    taken.push({ from, to });
    ctx.fillStyle = color;
    ctx.fillText(words, from, bbox.top + gap / 2);
  }
}

function across(plot: uPlot, { value, words }: Limit, stroke: string): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(value, 'y', true)) + 0.5;
  ctx.strokeStyle = stroke;
  ctx.setLineDash([6 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  ctx.fillStyle = stroke;
  ctx.fillText(words, bbox.left + 6 * devicePixelRatio, y - 2 * devicePixelRatio);
}
