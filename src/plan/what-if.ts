/** What the migration would take over slower and faster lines, and with shorter and longer pauses allowed. */
import type { Limits, PolicyKind } from '../policy/policy.ts';
import { LIKELY_CASE } from './case.ts';
import { onLineOf, type Rehearsed, runCase } from './rehearse.ts';

export interface WhatIf {
  /** Of memory, in bytes per second. */
  readonly lineRates: readonly number[];
  readonly maxDowntimesMs: readonly number[];
  /** By line, then by pause; undefined: not possible. */
  readonly cells: readonly (readonly (WhatIfCell | undefined)[])[];
}

export interface WhatIfCell {
  readonly totalMs: number;
  readonly pauseMs: number;
}

/** Of the line that is there. */
const FACTORS = [0.25, 0.5, 1, 2, 4, 10];
const PAUSES_MS = [300, 500, 1000, 2000, 5000, 10_000];

/** The likely case only: its bounds are the plan's to tell. */
export async function whatIf(kind: PolicyKind, limits: Limits, on: Rehearsed): Promise<WhatIf> {
  const maxDowntimesMs = [...new Set([...PAUSES_MS, limits.maxDowntimeMs])].sort((a, b) => a - b);
  const cells: (WhatIfCell | undefined)[][] = [];
  for (const factor of FACTORS) {
    const row: (WhatIfCell | undefined)[] = [];
    for (const maxDowntimeMs of maxDowntimesMs)
      row.push(await cellOf(kind, limitsAt(limits, factor, maxDowntimeMs), onLineOf(on, factor)));
    cells.push(row);
  }
  return {
    lineRates: FACTORS.map((factor) => on.prospects.payloadRate.middle * factor),
    maxDowntimesMs,
    cells,
  };
}

function limitsAt(limits: Limits, factor: number, maxDowntimeMs: number): Limits {
  const { lineRateBytesPerSecond: stated, downtimeMs } = limits;
  return {
    ...limits,
    lineRateBytesPerSecond: stated && stated * factor,
    downtimeMs: Math.min(downtimeMs, maxDowntimeMs),
    maxDowntimeMs,
  };
}

async function cellOf(kind: PolicyKind, limits: Limits, on: Rehearsed): Promise<WhatIfCell | undefined> {
  const { outcome, totalMs, pauseMs } = await runCase(kind, limits, on, LIKELY_CASE);
  return outcome === 'completed'
    ? { totalMs: totalMs + on.prospects.handlingMs.middle, pauseMs: pauseMs ?? 0 }
    : undefined;
}
