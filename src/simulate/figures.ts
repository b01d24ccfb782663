/** What is kept of each migration: four numbers in typed arrays, 25 bytes, so that a million of them are 25 MB. */
import type { Outcome } from '../migration/outcome.ts';

/** Positions are the codes in {@link Figures.ends}. */
export const ENDS = ['completed', 'aborted', 'cancelled', 'failed', 'detached'] as const;

export interface Figures {
  readonly ends: Uint8Array<ArrayBuffer>;
  readonly totalMs: Float64Array<ArrayBuffer>;
  readonly sentBytes: Float64Array<ArrayBuffer>;
  /** NaN where the guest never stopped. */
  readonly pauseMs: Float64Array<ArrayBuffer>;
}

export function figuresFor(migrations: number): Figures {
  return {
    ends: new Uint8Array(migrations),
    totalMs: new Float64Array(migrations),
    sentBytes: new Float64Array(migrations),
    pauseMs: new Float64Array(migrations),
  };
}

export function keep(figures: Figures, at: number, outcome: Outcome): void {
  figures.ends[at] = ENDS.indexOf(outcome.outcome);
  figures.totalMs[at] = outcome.totalMs;
  figures.sentBytes[at] = outcome.sentBytes;
  figures.pauseMs[at] = outcome.pauseMs ?? Number.NaN;
}

/** Puts the figures of a few migrations into those of all, from index `at` on. */
export function insert(all: Figures, few: Figures, at: number): void {
  all.ends.set(few.ends, at);
  all.totalMs.set(few.totalMs, at);
  all.sentBytes.set(few.sentBytes, at);
  all.pauseMs.set(few.pauseMs, at);
}
