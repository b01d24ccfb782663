/** What is committed in `bench/results/`: every run's figures, and with what they were measured. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { CostResult } from './controller-cost.ts';
import type { Environment } from './environment.ts';
import type { GuestClass } from './guests.ts';
import type { CellRecord } from './record.ts';
import type { Settings } from './settings.ts';
import { CACHE, ROOT } from './store.ts';

export interface PoliciesResult {
  readonly bench: 'policies';
  readonly quick: boolean;
  readonly environment: Environment;
  readonly settings: {
    readonly repeats: number;
    readonly timeLimitMs: number;
    readonly rateBitsPerSecond: number;
    readonly memoryMiB: number;
    readonly seed: number;
  };
  readonly guests: readonly {
    readonly name: string;
    readonly summary: string;
    readonly class: GuestClass;
    readonly peers: boolean;
    readonly rateBitsPerSecond: number;
    readonly timeLimitMs: number;
  }[];
  /** The boundaries and decisions of the first repeat only. */
  readonly runs: readonly CellRecord[];
  /** Undefined in a quick run. */
  readonly cost?: CostResult;
  /** What could not be run, or had to be run again, in words. */
  readonly broken: readonly string[];
}

export const RESULT_FILE = path.join(ROOT, 'bench', 'results', 'policies.json');

/** A quick run's, which is not committed. */
export const QUICK_RESULT_FILE = path.join(CACHE, 'quick.json');

export function resultOf(
  settings: Settings,
  environment: Environment,
  measured: Pick<PoliciesResult, 'runs' | 'broken'> & { readonly cost: CostResult | undefined },
): PoliciesResult {
  const { quick, repeats, timeLimitMs, rateBitsPerSecond, memoryMiB, seed } = settings;
  return {
    ...{ bench: 'policies', quick, environment },
    settings: { repeats, timeLimitMs, rateBitsPerSecond, memoryMiB, seed },
    guests: settings.guests.map((guest) => ({
      ...{ name: guest.name, summary: guest.summary, class: guest.class, peers: guest.peers === true },
      rateBitsPerSecond: guest.rateBitsPerSecond ?? rateBitsPerSecond,
      timeLimitMs,
    })),
    runs: measured.runs.map((run) => (run.repeat === 1 ? run : { ...run, boundaries: [], decisions: [] })),
    ...(measured.cost ? { cost: measured.cost } : {}),
    broken: measured.broken,
  };
}

/** One run a line: small, and a later run differs line by line. */
export function resultText(result: PoliciesResult): string {
  const { runs, ...rest } = result;
  const head = JSON.stringify(rest, null, 1).replace(/\n\}$/, '');
  const lines = runs.map((run) => JSON.stringify(run, rounded));
  return `${head},\n "runs": [\n${lines.join(',\n')}\n ]\n}\n`;
}

/** @throws {Error} when there is no such file */
export function readResult(file = RESULT_FILE): PoliciesResult {
  return JSON.parse(readFileSync(file, 'utf8')) as PoliciesResult;
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 10) / 10 : value;
}
