/** What a soak came to. Pure. */
import { type Footprint, GROWS, type Hop, OF_OTHERS } from './course.ts';

/** Of what should not grow: what noise adds to a figure, as a part of it and in its own unit. */
const NOISE = { part: 0.25, of: { MB: 24, other: 4 } } as const;
/** Fewer tell nothing of growth. */
const LEAST_FOR_GROWTH = 8;

export interface Growth {
  readonly figure: string;
  readonly first: number;
  readonly last: number;
  readonly problem: string | undefined;
}

export interface Summary {
  readonly hops: number;
  readonly failed: readonly {
    readonly hop: number;
    readonly what: string;
    readonly problems: readonly string[];
  }[];
  /** Of those that are known, in milliseconds. */
  readonly pausesMs: {
    readonly count: number;
    readonly median: number;
    readonly p90: number;
    readonly longest: number;
  } | null;
  readonly growth: readonly Growth[];
}

export function summaryOf(hops: readonly Hop[], footprints: readonly Footprint[]): Summary {
  const pauses = hops.flatMap(({ pauseMs }) => (pauseMs === null ? [] : [pauseMs])).sort((a, b) => a - b);
  const at = (part: number) => pauses[Math.min(pauses.length - 1, Math.floor(part * pauses.length))] ?? 0;
  return {
    hops: hops.length,
    failed: hops.flatMap(({ what, problems }, index) =>
      problems.length === 0 ? [] : [{ hop: index + 1, what, problems }],
    ),
    pausesMs:
      pauses.length === 0 ? null : { count: pauses.length, median: at(0.5), p90: at(0.9), longest: at(1) },
    growth: growthOf(footprints),
  };
}

/** The median of the first quarter, without the very first, next to that of the last. */
function growthOf(footprints: readonly Footprint[]): Growth[] {
  if (footprints.length < LEAST_FOR_GROWTH) return [];
  const quarter = Math.max(2, Math.floor(footprints.length / 4));
  const figures = Object.keys(footprints.at(-1) ?? {});
  return figures.map((figure) => {
    const values = footprints.flatMap((each) => each[figure] ?? []);
    const [first, last] = [medianOf(values.slice(1, 1 + quarter)), medianOf(values.slice(-quarter))];
    return { figure, first, last, problem: problemOf(figure, first, last, footprints.length - quarter) };
  });
}

function problemOf(figure: string, first: number, last: number, hops: number): string | undefined {
  if (OF_OTHERS.test(figure)) return undefined;
  const grown = last - first;
  const perHop = GROWS[figure];
  if (perHop !== undefined)
    return grown > perHop * hops
      ? `${figure}: ${Math.round(grown / hops)} more with each migration, over ${perHop}`
      : undefined;
  const noise = NOISE.part * first + (figure.endsWith(' MB') ? NOISE.of.MB : NOISE.of.other);
  return grown > noise ? `${figure} grew from ${round(first)} to ${round(last)}` : undefined;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export function isSound({ failed, growth }: Summary): boolean {
  return failed.length === 0 && growth.every(({ problem }) => problem === undefined);
}

export function inWords({ hops, failed, pausesMs, growth }: Summary): string {
  const lines = [`${hops} migrations, ${failed.length} with a problem`];
  for (const { hop, what, problems } of failed) lines.push(`  ${hop} (${what}): ${problems.join('; ')}`);
  if (pausesMs)
    lines.push(
      `the guest stood still: median ${ms(pausesMs.median)}, nine in ten within ${ms(pausesMs.p90)}, longest ${ms(pausesMs.longest)} (${pausesMs.count} known)`,
    );
  for (const { figure, first, last, problem } of growth)
    lines.push(`${figure}: ${round(first)} at first, ${round(last)} at last${problem ? `: ${problem}` : ''}`);
  return `${lines.join('\n')}\n`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
