/** uPlot as a component: made once, given new data as it comes, made again where its colours change. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatOffset } from '../model/format.ts';
import type { Series } from '../model/series.ts';
import { type Limit, marksOf } from './plot-marks.ts';

export interface Line {
  readonly words: string;
  /** The name of a custom property. */
  readonly color: string;
  readonly fill?: boolean;
  readonly steps?: boolean;
}

export interface PlotProps {
  readonly label: string;
  /** Seconds, then what each line has there. */
  readonly data: uPlot.AlignedData;
  readonly lines: readonly Line[];
  readonly limits?: readonly Limit[];
  readonly format: (value: number | null) => string;
  readonly series: Series;
  readonly logarithmic?: boolean;
}

const HEIGHT_PX = 190;
/** Moving over one plot shows the same instant in all. */
const SYNC = uPlot.sync('migration');

export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  // What is drawn now, for a plot that was made earlier.
  const now = useRef(props);
  now.current = props;
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(
        optionsOf(() => now.current, parent.clientWidth),
        now.current.data,
        parent,
      );
    };
    make();
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', make);
    const sized = new ResizeObserver(() =>
      plot.current?.setSize({ width: parent.clientWidth, height: HEIGHT_PX }),
    );
    sized.observe(parent);
    return () => {
      dark.removeEventListener('change', make);
      sized.disconnect();
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(props.data), [props.data]);
  return (
    <div
      ref={place}
      class="canvas"
      role="img"
      aria-label={`${props.label}. The table below has its figures.`}
    />
  );
}

function optionsOf(now: () => PlotProps, width: number): uPlot.Options {
  const { lines, format, logarithmic = false } = now();
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: color('--dim'), font: `11px ${style.fontFamily}`, ticks: { show: false } };
  const grid = { stroke: color('--grid'), width: 1 };
  return {
    width,
    height: HEIGHT_PX,
    padding: [8, 12, 0, 0],
    cursor: { sync: { key: SYNC.key }, points: { size: 6 }, y: false, drag: { x: false, y: false } },
    legend: { live: true },
    scales: {
      x: { time: false, range: () => [0, Math.max(1, now().series.lastMs / 1000)] },
      y: logarithmic
        ? { distr: 3, range: () => pauseRange(now()) }
        : { range: (_, __, max) => [0, roomAbove(max)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        values: (_, splits) => splits.map((at) => formatOffset(at * 1000)),
        incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 86400],
        size: 24,
        space: 60,
      },
      {
        ...axis,
        grid,
        size: 68,
        space: 32,
        values: (_, splits) => splits.map((value) => (value === null ? '' : plain(format(value)))),
        ...(logarithmic
          ? {
              splits: (_: uPlot, __: number, min: number, max: number) => roundBetween(min, max),
              // Else only powers of ten would have their label.
              filter: (_: uPlot, splits: number[]) => splits,
            }
          : {}),
      },
    ],
    series: [
      { label: 'at', value: (_, at) => (at === null ? '–' : formatOffset(at * 1000)) },
      ...lines.map(({ words, color: name, fill, steps }) => ({
        label: words,
        stroke: color(name),
        width: 1.75,
        points: { show: false },
        ...(fill ? { fill: color(`${name}-soft`) } : {}),
        ...(steps && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
        value: (_: uPlot, value: number | null) => format(value),
      })),
    ],
    plugins: [marksOf(() => now().series, now().limits ? () => now().limits ?? [] : () => [], color)],
  };
}

/** `500 MB` where three digits would be `500 MB` too, and `2 s` for `2.00 s`. */
function plain(words: string): string {
  return words.replace(/(\.\d*?)0+(?= )/, '$1').replace(/\.(?= )/, '');
}

/** Of a logarithmic axis: 1, 2, 5, 10, 20 and so on where they fit, else powers of ten. */
function roundBetween(min: number, max: number): number[] {
  const decades = Math.log10(max / min);
  const steps = decades > 3 ? [1] : decades > 2 ? [1, 3] : [1, 2, 5];
  const values: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(min)); power <= max; power *= 10)
    values.push(...steps.map((step) => step * power).filter((value) => value >= min && value <= max));
  return values;
}

function roomAbove(max: number | null): number {
  return max === null || max <= 0 ? 1 : max * 1.08;
}

/** All limits and all forecasts, with room. */
function pauseRange({ data, limits = [] }: PlotProps): [number, number] {
  const values = [...(data[1] ?? []), ...limits.map(({ value }) => value)].filter(
    (each) => typeof each === 'number',
  );
  const positive = values.filter((each) => each > 0);
  if (positive.length === 0) return [10, 10_000];
  return [Math.min(...positive) / 2, Math.max(...positive) * 2];
}
