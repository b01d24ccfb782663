/**
 * `./dev bench policies`: every policy and every peer on the same real guests. It goes on where it was interrupted;
 * `./dev bench report` makes docs/benchmarks.md from what it leaves in bench/results/.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchResult, Goal } from './goals.ts';
import { measure } from './policies/campaign-result.ts';
import { compare } from './policies/comparison.ts';
import { type Held, heldAgainst } from './policies/held-against.ts';
import { type PoliciesResult, QUICK_RESULT_FILE, RESULT_FILE, resultText } from './policies/result.ts';
import { FULL, QUICK } from './policies/settings.ts';

export interface PoliciesOptions {
  readonly quick: boolean;
  /** Begins anew although finished runs are there. */
  readonly fresh: boolean;
}

export async function run({ quick, fresh }: PoliciesOptions): Promise<BenchResult> {
  const result = await measure(quick ? QUICK : FULL, { store: quick ? 'quick' : 'full', fresh });
  const file = quick ? QUICK_RESULT_FILE : RESULT_FILE;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, resultText(result));
  process.stderr.write(`bench: ${path.relative(process.cwd(), file)} is written\n`);
  const held = heldAgainst(compare(result));
  return { bench: 'policies', figures: summary(result, held), goals: held.map(asGoal) };
}

function summary({ runs, broken, environment: where }: PoliciesResult, held: readonly Held[]) {
  return {
    environment: where,
    runs: runs.length,
    arrived: runs.filter(({ success }) => success).length,
    memoryVerified: `${runs.filter(({ memoryOk }) => memoryOk).length} of ${runs.length}`,
    goalsMet: `${held.filter(({ met }) => met).length} of ${held.length}`,
    broken,
  };
}

function asGoal({ goal, guest, value, limit, met, note }: Held): Goal {
  const name = `${guest}: ${goal}${note ? ` (${note})` : ''}`;
  return { name, value: value ?? Number.NaN, unit: '', limit, met };
}
