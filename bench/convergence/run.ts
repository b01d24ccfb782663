/** What the convergence bench takes from its migrations. */
import { type Spread, spread, spreadIfAny } from '../goals.ts';
import type { VerifiedRun } from '../verified-run.ts';

/** A row of the table: all runs under one policy. */
export interface RowFigures {
  readonly runs: number;
  readonly completed: number;
  readonly verified: number;
  readonly passes: Spread;
  /** Until it arrived or was given up. */
  readonly totalMs: Spread;
  readonly sentBytes: Spread;
  /** Of those that arrived; null when none did. */
  readonly pauseMs: Spread | null;
  /** Null where none was slowed down. */
  readonly brownOutMs: Spread | null;
  readonly decidedAtPass: readonly number[];
  readonly probeMs: readonly number[];
}

export function rowFigures(runs: readonly VerifiedRun[]): RowFigures {
  const pauses = runs.flatMap(({ document }) => document.pauseMs ?? []);
  const brownOuts = runs.flatMap(({ document }) => document.brownOut?.ms ?? []);
  return {
    runs: runs.length,
    completed: completed(runs),
    verified: runs.filter(({ verified }) => verified).length,
    passes: spread(runs.map(({ document }) => document.boundaries.length)),
    totalMs: spread(runs.map(({ document }) => document.totalMs)),
    sentBytes: spread(runs.map(({ document }) => document.sentBytes)),
    pauseMs: spreadIfAny(pauses),
    brownOutMs: spreadIfAny(brownOuts),
    decidedAtPass: runs.map(decidedAtPass),
    probeMs: runs.map(({ document }) => document.foreseen?.tookMs ?? 0),
  };
}

export function completed(runs: readonly VerifiedRun[]): number {
  return runs.filter(({ document }) => document.outcome === 'completed').length;
}

/** A run without a measured pause counts as one that was too long. */
export function pauseMs({ document }: VerifiedRun): number {
  return document.pauseMs ?? Number.MAX_SAFE_INTEGER;
}

export function decidedAtPass({ document }: VerifiedRun): number {
  return document.decisions.find(({ action }) => action === 'switchover')?.pass ?? 0;
}
