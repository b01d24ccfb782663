/** How the memory that is left falls over time, in the likely case: for a picture. */

import type { JournalSink } from '../journal/journal-entry.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';
import { runOne } from '../simulate/run-one.ts';
import { LIKELY_CASE, scenarioOf } from './case.ts';
import type { Rehearsed } from './rehearse.ts';

export interface TracePoint {
  readonly atMs: number;
  readonly remainingBytes: number;
}

/** @param untilMs what comes later is left out */
export async function traceOf(
  kind: PolicyKind,
  limits: Limits,
  { prospects, known }: Rehearsed,
  untilMs: number,
): Promise<readonly TracePoint[]> {
  const points: TracePoint[] = [];
  const guest = { ...scenarioOf(prospects, LIKELY_CASE), tickMs: Math.max(10, untilMs / 300) };
  const journal: JournalSink = {
    write(atMs, entry) {
      if (entry.type === 'boundary') points.push({ atMs, remainingBytes: entry.boundary.remainingBytes });
      if (entry.type === 'tick') points.push({ atMs, remainingBytes: entry.tick.remainingBytes });
    },
  };
  const { totalMs, outcome } = await runOne(guest, kind, { ...limits, timeoutMs: untilMs }, journal, known);
  if (outcome === 'completed') points.push({ atMs: totalMs, remainingBytes: 0 });
  return points.filter(({ atMs }) => atMs <= untilMs);
}
