/** A share of the seeds, explored one after the other, and what is to be told of them all. */

import { drawSchedule } from './draw-schedule.ts';
import { explore } from './explore-one.ts';
import { faultKinds } from './schedule.ts';

export interface Share {
  readonly from: number;
  readonly count: number;
}

export interface Failure {
  readonly seed: number;
  readonly violations: readonly string[];
}

export interface ShareResult {
  readonly explored: number;
  readonly failures: readonly Failure[];
  /** Commands that the simulated monitors took. */
  readonly commands: number;
  /** How many of each kind of fault were ready to happen. */
  readonly faults: Readonly<Record<string, number>>;
}

export async function exploreShare({ from, count }: Share): Promise<ShareResult> {
  const failures: Failure[] = [];
  const faults: Record<string, number> = {};
  let commands = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const schedule = drawSchedule(seed);
    const explored = await explore(schedule);
    commands += explored.commands;
    for (const kind of faultKinds(schedule)) faults[kind] = (faults[kind] ?? 0) + 1;
    if (explored.violations.length > 0) failures.push({ seed, violations: explored.violations });
  }
  return { explored: count, failures, commands, faults };
}

export function together(a: ShareResult, b: ShareResult): ShareResult {
  const faults: Record<string, number> = { ...a.faults };
  for (const [kind, times] of Object.entries(b.faults)) faults[kind] = (faults[kind] ?? 0) + times;
  return {
    explored: a.explored + b.explored,
    failures: [...a.failures, ...b.failures],
    commands: a.commands + b.commands,
    faults,
  };
}

export const NOTHING_EXPLORED: ShareResult = { explored: 0, failures: [], commands: 0, faults: {} };
