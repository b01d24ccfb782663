/** What becomes of a policy's migrations once they are counted. */
import { ENDS, type Figures } from './figures.ts';

export interface PolicyResult {
  /** Its name, and the parameters that it was given. */
  readonly policy: string;
  readonly migrations: number;
  readonly completed: number;
  /** By how they ended: completed, aborted, failed. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** What its system switches on before the start, and the simulator with it: `auto-converge`, `post-copy`. */
  readonly startedWith: readonly string[];
  /** Of the completed ones; undefined when there are none. */
  readonly totalMs: Distribution | undefined;
  readonly sentBytes: Distribution | undefined;
  readonly pauseMs: Distribution | undefined;
}

/** Values that occurred: quantiles are exact, by nearest rank, whatever their number. */
export interface Distribution {
  readonly min: number;
  readonly p5: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p95: number;
  readonly max: number;
}

export function resultOf(policy: string, startedWith: readonly string[], figures: Figures): PolicyResult {
  const outcomes: Record<string, number> = {};
  for (const code of figures.ends) {
    const end = ENDS[code] ?? 'failed';
    outcomes[end] = (outcomes[end] ?? 0) + 1;
  }
  const ofCompleted = (values: Float64Array) =>
    distribution(values.filter((value, index) => figures.ends[index] === 0 && !Number.isNaN(value)));
  return {
    ...{ policy, migrations: figures.ends.length, completed: outcomes['completed'] ?? 0, outcomes },
    startedWith,
    totalMs: ofCompleted(figures.totalMs),
    sentBytes: ofCompleted(figures.sentBytes),
    pauseMs: ofCompleted(figures.pauseMs),
  };
}

/** Sorts what it is given. */
export function distribution(values: Float64Array): Distribution | undefined {
  if (values.length === 0) return undefined;
  values.sort();
  const at = (share: number) => values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
  return {
    min: at(0),
    p5: at(0.05),
    p25: at(0.25),
    median: at(0.5),
    p75: at(0.75),
    p95: at(0.95),
    max: at(1),
  };
}
