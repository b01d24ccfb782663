/**
 * Guests that nobody tuned to, drawn from seeds (`unseen/guest.ts`): forecast, mp, the simple rule and the best peer
 * against the best that anybody could have done with hindsight, in simulation.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { atMost, type BenchResult } from './goals.ts';
import { environment } from './policies/environment.ts';
import { ROOT } from './policies/store.ts';
import type { Judged } from './unseen/judge.ts';
import { JUDGING, type Seeds } from './unseen/seeds.ts';
import { brakingOf, misledOf, type Ratios, type Standing, summaryOf } from './unseen/summary.ts';

/** So small that no core waits long for another's last one. */
const SHARE = 25;
/** All that is printed of a share. */
const MAX_BUFFER = 64 * 2 ** 20;

interface Options {
  readonly seeds?: Seeds | undefined;
  /** Keep what came of it in bench/results/. */
  readonly write?: boolean;
}

export async function run({ seeds = JUDGING, write = false }: Options): Promise<BenchResult> {
  const result = await measure(seeds);
  if (write)
    writeFileSync(path.join(ROOT, 'bench', 'results', 'unseen.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

async function measure(seeds: Seeds): Promise<BenchResult> {
  const beganMs = performance.now();
  const judged = await judgeAll(seeds);
  const summary = summaryOf(judged);
  const misled = misledOf(judged);
  const braking = brakingOf(judged);
  const forecast = forecastOf(summary.all);
  const inNeed = forecastOf(summary.ofThoseInNeed);
  return {
    bench: 'unseen',
    figures: {
      environment: environment(`./dev bench unseen --seeds ${seeds.from}..${seeds.to}`),
      seeds,
      seconds: Math.round((performance.now() - beganMs) / 1000),
      ...summary,
      misled,
      braking,
    },
    goals: [
      atMost('forecast: cost against the oracle, median', forecast.againstOracle.median, 'times', 1.05),
      atMost('forecast: cost against the oracle, 90th percentile', forecast.againstOracle.p90, 'times', 1.2),
      atMost(
        'forecast, guests in need: cost against the simple rule, median',
        inNeed.againstSimple.median,
        'times',
        0.85,
      ),
      atMost('forecast: cost against the simple rule, worst', forecast.againstSimple.worst, 'times', 1.05),
      atMost('forecast: wrongly called impossible', forecast.wrongVerdicts, `of ${summary.guests}`, 0),
      atMost('forecast: not arrived though possible', forecast.notArrived, `of ${summary.guests}`, 0),
      atMost(
        'brake when it pays: cost against forecast without, 90th percentile',
        braking.cost.p90,
        'times',
        1.05,
      ),
      atMost(
        'brake when it pays, guests in need: cost against the simple rule, median',
        braking.inNeedAgainstSimple.median,
        'times',
        0.85,
      ),
      atMost(
        'brake when it pays: not arrived though possible without',
        braking.possibleNotArrived,
        `of ${summary.guests}`,
        0,
      ),
      ...misled.map(({ name, againstNoHistory }) =>
        atMost(
          `${name}: cost against forecast without a history, 90th percentile`,
          againstNoHistory.p90,
          'times',
          1.05,
        ),
      ),
    ],
  };
}

function forecastOf(standings: readonly Standing[]): Standing & { againstSimple: Ratios } {
  const forecast = standings.find(({ name }) => name === 'forecast');
  const { againstSimple } = forecast ?? {};
  if (!forecast || !againstSimple) throw new Error('forecast was not judged');
  return { ...forecast, againstSimple };
}

async function judgeAll({ from, to }: Seeds): Promise<Judged[]> {
  const shares: Seeds[] = [];
  for (let first = from; first <= to; first += SHARE)
    shares.push({ from: first, to: Math.min(first + SHARE - 1, to) });
  const judged: Judged[] = [];
  const work = async (): Promise<void> => {
    for (let share = shares.shift(); share; share = shares.shift()) {
      judged.push(...(await judgeShare(share)));
      process.stderr.write(`bench: ${judged.length} of ${to - from + 1} guests judged\n`);
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, work));
  return judged.sort((a, b) => a.seed - b.seed);
}

async function judgeShare({ from, to }: Seeds): Promise<Judged[]> {
  const program = path.join(import.meta.dirname, 'unseen', 'judge.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, `${from}`, `${to + 1}`], {
    maxBuffer: MAX_BUFFER,
  });
  return JSON.parse(stdout) as Judged[];
}
