/**
 * A short brown-out in place of a long black-out. Guests that need a pause of 2.4 s are allowed half a second: one
 * rewrites its memory flat out, one paced to twice what the link carries, and one flat out, but only a word of each page.
 * And Redis, whose pause is allowed, as `--brake when-it-pays` moves it, beside forecast without.
 */
import { Bed, LOOP } from '../lab/bed.ts';
import type { Workload } from '../lab/guest/workload.ts';
import type { LabOptions } from '../lab/lab.ts';
import type { MigrationDocument } from '../src/journal/document.ts';
import { atLeast, atMost, type BenchResult, spread, spreadIfAny } from './goals.ts';
import { migrate, type VerifiedRun } from './verified-run.ts';

const REPEATS = 5;
const MOST_MS = 500;
const WORDS: Workload = { ...LOOP, page: 'word' };
const PACED: Workload = { ...WORDS, pagesPerSecond: 30_000 };
const REDIS: Workload = { kind: 'redis' };
/** As in the bench of policies. */
const HALF_THE_RATE: LabOptions = { rateBitsPerSecond: 240e6 };

const HALF_A_SECOND = ['--max-downtime', `${MOST_MS}ms`, '--over-budget', 'brake'];

export async function run(): Promise<BenchResult> {
  const loop = await runsOf('loop', LOOP, HALF_A_SECOND);
  const paced = await runsOf('paced', PACED, HALF_A_SECOND);
  const words = await runsOf('words', WORDS, HALF_A_SECOND);
  const redis = await runsOf('redis', REDIS, [], HALF_THE_RATE);
  const redisBraked = await runsOf('redis, braked', REDIS, ['--brake', 'when-it-pays'], HALF_THE_RATE);
  return {
    bench: 'brake',
    figures: {
      loop: figures(loop),
      paced: figures(paced),
      words: figures(words),
      redis: figures(redis),
      redisBraked: figures(redisBraked),
    },
    goals: [
      ...movedWithin('loop', loop),
      ...unharmed('loop', loop),
      ...movedWithin('paced', paced),
      ...unharmed('paced', paced),
      ...movedWithin('words', words),
      ...unharmed('words', words),
      ...paysOn('redis', redis, redisBraked),
    ],
  };
}

async function runsOf(
  name: string,
  workload: Workload,
  args: readonly string[],
  labOptions: LabOptions = {},
): Promise<VerifiedRun[]> {
  const runs: VerifiedRun[] = [];
  for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
    process.stderr.write(`bench: ${name}, repeat ${repeat} of ${REPEATS}\n`);
    await using bed = await Bed.make(workload, {}, labOptions);
    runs.push(await migrate(bed, ...args));
  }
  return runs;
}

function movedWithin(name: string, runs: readonly VerifiedRun[]) {
  const within = runs.filter(
    ({ document }) => document.outcome === 'completed' && (document.pauseMs ?? MOST_MS) < MOST_MS,
  );
  return [
    atLeast(`${name}: moved with a pause below ${MOST_MS} ms`, within.length, `of ${REPEATS}`, REPEATS),
  ];
}

function unharmed(name: string, runs: readonly VerifiedRun[]) {
  const verified = runs.filter((each) => each.verified);
  const longestPause = Math.max(...runs.map(({ document }) => document.pauseMs ?? 0));
  const longestBrownOut = Math.max(...runs.map(({ document }) => document.brownOut?.ms ?? 0));
  return [
    atMost(`${name}: pause, longest`, longestPause, 'ms', MOST_MS),
    atLeast(`${name}: memory verified`, verified.length, `of ${REPEATS}`, REPEATS),
    // A second for what is between two samples and a cancel.
    atMost(`${name}: brown-out, longest`, longestBrownOut, 'ms', 11_000),
  ];
}

function paysOn(name: string, without: readonly VerifiedRun[], braked: readonly VerifiedRun[]) {
  const both = [...without, ...braked];
  const completed = both.filter(({ document }) => document.outcome === 'completed');
  const median = (runs: readonly VerifiedRun[], figure: 'pauseMs' | 'totalMs') =>
    spread(runs.map(({ document }) => document[figure] ?? Number.POSITIVE_INFINITY)).median;
  const ofForecast = median(braked, 'totalMs') / median(without, 'totalMs');
  return [
    atLeast(`${name}: completed`, completed.length, `of ${both.length}`, both.length),
    atLeast(
      `${name}: memory verified`,
      both.filter(({ verified }) => verified).length,
      `of ${both.length}`,
      both.length,
    ),
    atMost(`${name}: pause, median`, median(braked, 'pauseMs'), 'ms', 1000),
    atMost(`${name}: total time, median`, ofForecast, 'of the time without a brake', 1.1),
  ];
}

function figures(runs: readonly VerifiedRun[]) {
  const moved = runs.filter(({ document }) => document.outcome === 'completed');
  const all = (figure: (document: MigrationDocument) => number | null | undefined) =>
    spreadIfAny(moved.flatMap(({ document }) => figure(document) ?? []));
  return {
    moved: moved.length,
    pauseMs: all(({ pauseMs }) => pauseMs),
    brownOutMs: all(({ brownOut }) => brownOut?.ms),
    brownOutPercent: all(({ brownOut }) => brownOut?.percent),
    totalMs: all(({ totalMs }) => totalMs),
    sentBytes: all(({ sentBytes }) => sentBytes),
  };
}
