/** The runs of one guest and contender, as one row of a table. Pure. */
import type { CellRecord } from './record.ts';

export interface Range {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Row {
  readonly guest: string;
  readonly contender: string;
  readonly runs: number;
  readonly successes: number;
  /** Of the runs that arrived; undefined where none did. With what was spent before the start. */
  readonly totalMs: Range | undefined;
  readonly probeMs: Range | undefined;
  readonly sentBytes: Range | undefined;
  readonly pauseMs: Range | undefined;
  readonly brownOutMs: Range | undefined;
  /** Of all runs. */
  readonly throttlePercent: number;
  readonly memoryOk: number;
  readonly cpuMs: Range | undefined;
  readonly maxRssBytes: Range | undefined;
  /** How the runs that did not arrive ended, each way once. */
  readonly failures: readonly string[];
  /** What one that did not arrive had sent when it was given up. */
  readonly vainBytes: Range | undefined;
}

export function rowOf(guest: string, contender: string, runs: readonly CellRecord[]): Row {
  const arrived = runs.filter(({ success }) => success);
  const failed = runs.filter(({ success }) => !success);
  return {
    ...{ guest, contender, runs: runs.length, successes: arrived.length },
    totalMs: rangeOf(arrived.map(({ totalMs, probeMs }) => totalMs + probeMs)),
    probeMs: rangeOf(arrived.map(({ probeMs }) => probeMs)),
    sentBytes: rangeOf(arrived.map(({ sentBytes }) => sentBytes)),
    pauseMs: rangeOf(arrived.flatMap(({ pauseMs }) => pauseMs ?? [])),
    brownOutMs: rangeOf(arrived.flatMap(({ brownOutMs }) => brownOutMs ?? [])),
    throttlePercent: Math.max(0, ...runs.map(({ throttlePercent }) => throttlePercent)),
    memoryOk: runs.filter(({ memoryOk }) => memoryOk).length,
    cpuMs: rangeOf(runs.map(({ cpuMs }) => cpuMs)),
    maxRssBytes: rangeOf(runs.map(({ maxRssBytes }) => maxRssBytes)),
    failures: [...new Set(failed.map(failureOf))],
    vainBytes: rangeOf(failed.map(({ sentBytes }) => sentBytes)),
  };
}

function failureOf({ outcome, memoryOk }: CellRecord): string {
  if (!memoryOk) return 'memory lost';
  return outcome === 'completed' ? 'completed too late' : outcome;
}

/** @returns undefined without values */
export function rangeOf(values: readonly number[]): Range | undefined {
  if (values.length === 0) return undefined;
  return { median: medianOf(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Of an even number of values: the mean of the two in the middle. @throws {Error} without values */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new Error('there is no median of nothing');
  return (low + high) / 2;
}

/** All of its runs arrived, and there are some. */
export function alwaysArrives(row: Row | undefined): row is Row {
  return row !== undefined && row.runs > 0 && row.successes === row.runs;
}
