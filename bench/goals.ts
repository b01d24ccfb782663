/** What a benchmark is held against. Every benchmark's JSON ends with its goals; one missed makes it exit 1. */

export interface Goal {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The worst value that is good enough. */
  readonly limit: number;
  readonly met: boolean;
}

export interface BenchResult {
  readonly bench: string;
  /** Everything measured, as the benchmark likes it. */
  readonly figures: unknown;
  readonly goals: readonly Goal[];
}

export function atMost(name: string, value: number, unit: string, limit: number): Goal {
  return { name, value: rounded(value), unit, limit, met: value <= limit };
}

export function atLeast(name: string, value: number, unit: string, limit: number): Goal {
  return { name, value: rounded(value), unit, limit, met: value >= limit };
}

export interface Spread {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** @throws {Error} without values: a benchmark that measured nothing has no result */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (fraction: number) =>
    rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0);
  if (sorted.length === 0) throw new Error('nothing was measured');
  return { count: sorted.length, min: at(0), median: at(0.5), p99: at(0.99), max: at(1) };
}

/** The same, where there may be none to measure. @returns null then */
export function spreadIfAny(values: readonly number[]): Spread | null {
  return values.length === 0 ? null : spread(values);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
