/**
 * One unseen guest under everybody. `node bench/unseen/judge.ts FROM TO` prints those of these seeds as JSON, the last left
 * out.
 */
import type { ScenarioInput } from '../../src/hypervisor/simulated/scenario.ts';
import { costOf } from '../../src/model/worthwhile.ts';
import { FORECAST_DEFAULTS } from '../../src/policy/forecast.ts';
import { foreseenBy, hostsFor, runOne } from '../../src/simulate/run-one.ts';
import { unseenGuest } from './guest.ts';
import {
  BRAKING,
  CONTENDERS,
  type Contender,
  LIMITS,
  ORACLE,
  PEER_CONTENDERS,
  WITH_WRONG_HISTORY,
} from './rules.ts';

export interface Run {
  readonly name: string;
  readonly arrived: boolean;
  /** It was given up because of the pause that it would need. */
  readonly calledImpossible: boolean;
  readonly totalMs: number;
  readonly pauseMs: number;
  readonly sentBytes: number;
  /** Slowed down for, times the share that was withheld. */
  readonly withheldMs: number;
}

export interface Judged {
  readonly seed: number;
  readonly words: string;
  readonly runs: readonly Run[];
  /** Forecast, told what the guest does not do any more. */
  readonly misled: readonly Run[];
  readonly braking: Run;
  /** Some of them brake the guest, which the others may not. */
  readonly bestPeer: Run | undefined;
  /** Undefined: without a brake nobody could have brought it over within the pause that is allowed. */
  readonly oracle: Run | undefined;
}

const WORTH = {
  ...FORECAST_DEFAULTS,
  freePauseMs: LIMITS.downtimeMs,
  maxPauseMs: LIMITS.maxDowntimeMs,
};

/**
 * Time + X x pause + Y x time withheld, in milliseconds: what forecast minimises. A pause below `--downtime` counts as
 * that: the user has said that so much is always fine. Infinite where it did not arrive.
 */
export function costMs({ arrived, totalMs, pauseMs, withheldMs }: Run): number {
  if (!arrived) return Number.POSITIVE_INFINITY;
  return costOf({ waitMs: totalMs - pauseMs, pauseMs }, WORTH) + WORTH.brownOutPrice * withheldMs;
}

async function judge(seed: number): Promise<Judged> {
  const { words, scenario } = unseenGuest(seed);
  const runs: Run[] = [];
  for (const contender of CONTENDERS) runs.push(await run(scenario, contender));
  const misled: Run[] = [];
  for (const contender of WITH_WRONG_HISTORY) misled.push(await run(scenario, contender));
  const braking = await run(scenario, BRAKING);
  const peers: Run[] = [];
  for (const contender of PEER_CONTENDERS) peers.push(await run(scenario, contender));
  const tried: Run[] = [];
  for (const contender of ORACLE) tried.push(await run(scenario, contender));
  return {
    seed,
    words,
    runs,
    misled,
    braking,
    bestPeer: cheapest(peers),
    oracle: cheapest([...tried, ...runs]),
  };
}

/** Of those that arrived within the pause that is allowed. */
function cheapest(runs: readonly Run[]): Run | undefined {
  const within = runs.filter(({ arrived, pauseMs }) => arrived && pauseMs <= LIMITS.maxDowntimeMs);
  return within.toSorted((a, b) => costMs(a) - costMs(b))[0];
}

async function run(scenario: ScenarioInput, contender: Contender): Promise<Run> {
  const { name, kind, limits, earlierPasses } = contender;
  const known = earlierPasses && {
    ...(await foreseenBy(hostsFor(scenario, kind, limits), limits)),
    earlierPasses: earlierPasses(scenario.memoryBytes),
  };
  const outcome = await runOne(scenario, kind, limits, undefined, known);
  return {
    name,
    arrived: outcome.outcome === 'completed',
    calledImpossible: outcome.outcome === 'aborted' && outcome.neededPauseMs !== null,
    totalMs: outcome.totalMs,
    pauseMs: outcome.pauseMs ?? 0,
    sentBytes: outcome.sentBytes,
    withheldMs: ((outcome.brownOut?.ms ?? 0) * (outcome.brownOut?.percent ?? 0)) / 100,
  };
}

if (import.meta.main) {
  const [from = '', to = ''] = process.argv.slice(2);
  const judged: Judged[] = [];
  for (let seed = Number(from); seed < Number(to); seed += 1) judged.push(await judge(seed));
  process.stdout.write(JSON.stringify(judged));
}
