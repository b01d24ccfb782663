import { setImmediate } from 'node:timers/promises';
import { drawGuest } from './draw-guest.ts';
import { type Figures, figuresFor, keep } from './figures.ts';
import { kindOf } from './policy-choice.ts';
import { runOne } from './run-one.ts';
import type { ScenarioFile } from './scenario-file.ts';

/** A share of the work: migrations `from` up to and without `to`, under one of the scenario's policies. */
export interface Share {
  readonly rank: number;
  readonly from: number;
  readonly to: number;
}

/** How often it lets signals and messages in. */
const BREATHE_MS = 50;

/**
 * Simulates a share, in this thread. What comes out depends on the scenario and the indices alone.
 * @param signal ends it early: what is not done then stays 0
 */
export async function runShare(
  file: ScenarioFile,
  { rank, from, to }: Share,
  signal?: AbortSignal,
): Promise<Figures> {
  const choice = file.policies[rank];
  if (!choice) throw new RangeError(`the scenario has no policy number ${rank}`);
  const kind = kindOf(choice);
  const figures = figuresFor(to - from);
  let breathedMs = performance.now();
  for (let index = from; index < to && !signal?.aborted; index += 1) {
    keep(figures, index - from, await runOne(drawGuest(file, index), kind, file.limits));
    // Simulated migrations only ever wait for microtasks, which let nothing else in.
    if (performance.now() - breathedMs > BREATHE_MS) {
      await setImmediate();
      breathedMs = performance.now();
    }
  }
  return figures;
}
