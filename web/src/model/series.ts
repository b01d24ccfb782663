/** What the plots of one migration show, folded from its journal entry by entry. Times in milliseconds since it began. */
import type { TickRecord } from '../api-types.ts';
import type { JournalEntry } from './journal.ts';

export interface Sample {
  readonly atMs: number;
  readonly remainingBytes: number;
  readonly sentBytes: number;
}

export interface Pass {
  /** The pass that begins here. */
  readonly pass: number;
  readonly atMs: number;
  readonly remainingBytes: number;
  /** Undefined while no rate is known. */
  readonly forecastPauseMs: number | undefined;
  /** Of the pass that ended here; undefined at the first. */
  readonly transferBytesPerSecond: number | undefined;
  readonly dirtyBytesPerSecond: number | undefined;
}

export interface Span {
  readonly fromMs: number;
  /** Undefined: it goes on. */
  readonly untilMs: number | undefined;
}

export interface Series {
  readonly samples: readonly Sample[];
  readonly passes: readonly Pass[];
  /** While the guest was slowed down. */
  readonly brakes: readonly Span[];
  /** While it stood still. */
  readonly pauses: readonly Span[];
  /** When a pause was accepted. */
  readonly switchoversMs: readonly number[];
  readonly downtimeMs: number | undefined;
  readonly maxDowntimeMs: number | undefined;
  readonly lastMs: number;
}

export const NO_SERIES: Series = {
  samples: [],
  passes: [],
  brakes: [],
  pauses: [],
  switchoversMs: [],
  downtimeMs: undefined,
  maxDowntimeMs: undefined,
  lastMs: 0,
};

export function withEntries(series: Series, entries: readonly JournalEntry[]): Series {
  const grown: Growing = {
    ...series,
    samples: [...series.samples],
    passes: [...series.passes],
    brakes: [...series.brakes],
    pauses: [...series.pauses],
    switchoversMs: [...series.switchoversMs],
  };
  for (const entry of entries) add(grown, entry);
  return grown;
}

type Growing = {
  -readonly [Key in keyof Series]: Series[Key] extends readonly (infer Item)[] ? Item[] : Series[Key];
};

function add(series: Growing, entry: JournalEntry): void {
  series.lastMs = Math.max(series.lastMs, entry.atMs);
  switch (entry.type) {
    case 'opened':
      series.downtimeMs = entry.limits.downtimeMs;
      series.maxDowntimeMs = entry.limits.maxDowntimeMs;
      return;
    case 'boundary':
      addBoundary(series, entry);
      return;
    case 'tick':
      series.samples.push(sampleOf(entry.tick));
      brakeIs(series, (entry.tick.throttlePercent ?? 0) > 0, entry.tick.atMs);
      return;
    case 'decision':
      if (entry.decision.action === 'throttle') brakeIs(series, true, entry.atMs);
      return;
    case 'state':
      if (entry.to === 'switching-over') series.switchoversMs.push(entry.atMs);
      return;
    case 'guest':
      if (entry.event === 'stopped') open(series.pauses, entry.atMs);
      else close(series.pauses, entry.atMs);
      // A guest that stands still is not slowed down.
      if (entry.event === 'stopped') brakeIs(series, false, entry.atMs);
      return;
    case 'ended':
      close(series.pauses, entry.atMs);
      close(series.brakes, entry.atMs);
  }
}

function addBoundary(series: Growing, { boundary }: Extract<JournalEntry, { type: 'boundary' }>): void {
  series.samples.push(sampleOf(boundary));
  series.passes.push({
    pass: boundary.pass,
    atMs: boundary.atMs,
    remainingBytes: boundary.remainingBytes,
    forecastPauseMs: boundary.pauseForecastMs,
    transferBytesPerSecond: boundary.ended?.bandwidthBytesPerSecond,
    dirtyBytesPerSecond: boundary.ended?.dirtyRateBytesPerSecond,
  });
}

function sampleOf({ atMs, remainingBytes, sentBytes }: Sample): Sample {
  return { atMs, remainingBytes, sentBytes };
}

/** A sample from before the brake took hold shows none yet: that is no end of it. */
const SAME_BRAKE_MS = 2000;

function brakeIs({ brakes }: Growing, on: boolean, atMs: number): void {
  const last = brakes.at(-1);
  if (!on) close(brakes, atMs);
  else if (last?.untilMs !== undefined && atMs - last.untilMs < SAME_BRAKE_MS)
    brakes[brakes.length - 1] = { fromMs: last.fromMs, untilMs: undefined };
  else open(brakes, atMs);
}

function open(spans: Span[], atMs: number): void {
  if (spans.at(-1)?.untilMs !== undefined || spans.length === 0)
    spans.push({ fromMs: atMs, untilMs: undefined });
}

function close(spans: Span[], atMs: number): void {
  const last = spans.at(-1);
  if (last && last.untilMs === undefined) spans[spans.length - 1] = { ...last, untilMs: atMs };
}

/** A journal keeps fewer samples than the service has in mind of a migration that runs: its own fill the gaps. */
export function withTicks(series: Series, ticks: readonly TickRecord[]): Series {
  const known = new Set(series.samples.map(({ atMs }) => atMs));
  const more = ticks.filter(({ atMs }) => !known.has(atMs)).map(sampleOf);
  if (more.length === 0) return series;
  return {
    ...series,
    samples: [...series.samples, ...more].sort((a, b) => a.atMs - b.atMs),
    lastMs: Math.max(series.lastMs, ...more.map(({ atMs }) => atMs)),
  };
}

/** Over this much time at least: a shorter one shows how samples are taken rather than the link. */
const RATE_OVER_MS = 900;

export interface RatePoint {
  readonly atMs: number;
  /** Null: not known. */
  readonly transferBytesPerSecond: number | null;
  /** Of the pass under way at that time: known once it has ended. */
  readonly dirtyBytesPerSecond: number | null;
}

/** Throughput over the last second at each sample, against what the guest dirtied in each pass. */
export function ratesOf({ samples, passes }: Series): RatePoint[] {
  let from = 0;
  let pass = 0;
  return samples.map((sample, index) => {
    while (from + 1 < index && sample.atMs - (samples[from + 1]?.atMs ?? 0) >= RATE_OVER_MS) from += 1;
    const before = samples[from];
    const overMs = before ? sample.atMs - before.atMs : 0;
    while (pass < passes.length && (passes[pass]?.atMs ?? 0) < sample.atMs) pass += 1;
    return {
      atMs: sample.atMs,
      transferBytesPerSecond:
        before && overMs >= RATE_OVER_MS ? (1000 * (sample.sentBytes - before.sentBytes)) / overMs : null,
      dirtyBytesPerSecond: passes[pass]?.dirtyBytesPerSecond ?? null,
    };
  });
}
