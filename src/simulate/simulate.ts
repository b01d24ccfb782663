/**
 * Runs a scenario's migrations, policy by policy, through the supervisor that production uses, on all cores. The
 * result depends on the scenario alone: neither on how many threads there are nor on which is the quickest.
 */
import os from 'node:os';
import path from 'node:path';
import { workOff } from './crew.ts';
import { type Figures, figuresFor, insert } from './figures.ts';
import { kindOf, labelOf } from './policy-choice.ts';
import { runShare, type Share } from './run-share.ts';
import type { ScenarioFile } from './scenario-file.ts';
import { startedWith } from './started-with.ts';
import { type PolicyResult, resultOf } from './summary.ts';

/** The same file name in the checkout and in what is published, but for the extension. */
const PROGRAM = new URL(`./worker${path.extname(import.meta.filename)}`, import.meta.url);

/**
 * A thread holds one migration at a time. Without a limit V8 lets garbage pile up for as long as the machine has
 * memory: 550 MB instead of 240 after 100,000 migrations, and no faster.
 */
const LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 64 };

/** A thread takes a third of a second to start: what one does in that time is not worth sharing. */
const WORTH_SHARING = 500;
/** Large enough that handing it out costs nothing, small enough that no thread waits long for the last one. */
const LARGEST_SHARE = 500;
const SHARES_PER_WORKER = 8;

export interface SimulateOptions {
  /** 0: in this thread. By default as many as there are cores, where there is enough to do. */
  readonly workers?: number | undefined;
  /** Called whenever a share is done. */
  readonly progress?: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** @returns a result for each policy in the scenario's order; of those that were done, when it was interrupted */
export async function simulate(file: ScenarioFile, options: SimulateOptions = {}): Promise<PolicyResult[]> {
  const { progress = () => {}, signal = new AbortController().signal } = options;
  const of = file.policies.length * file.migrations;
  const workers = options.workers ?? (of < WORTH_SHARING ? 0 : os.availableParallelism());
  const tallies = new Map<number, { readonly figures: Figures; left: number }>();
  const results: PolicyResult[] = [];
  let done = 0;

  const take = ({ rank, from, to }: Share, figures: Figures) => {
    const tally = tallies.get(rank) ?? { figures: figuresFor(file.migrations), left: file.migrations };
    tallies.set(rank, tally);
    insert(tally.figures, figures, from);
    tally.left -= to - from;
    done += to - from;
    progress(done, of);
    const choice = file.policies[rank];
    if (tally.left > 0 || !choice) return;
    // From here on only the summary is kept.
    tallies.delete(rank);
    results[rank] = resultOf(labelOf(choice), startedWith(kindOf(choice)), tally.figures);
  };

  progress(0, of);
  const shares = sharesOf(file, shareSize(file.migrations, workers));
  const crew = { program: PROGRAM, workerData: file, workers, resourceLimits: LIMITS };
  if (workers > 0) await workOff(crew, shares, take, signal);
  else
    for (const share of shares) {
      const figures = await runShare(file, share, signal);
      if (signal.aborted) break;
      take(share, figures);
    }
  return results.filter((result) => result !== undefined);
}

function shareSize(migrations: number, workers: number): number {
  const even = Math.ceil(migrations / (SHARES_PER_WORKER * Math.max(1, workers)));
  return Math.min(LARGEST_SHARE, even);
}

function* sharesOf({ policies, migrations }: ScenarioFile, size: number): Iterable<Share> {
  for (const rank of policies.keys())
    for (let from = 0; from < migrations; from += size)
      yield { rank, from, to: Math.min(from + size, migrations) };
}
