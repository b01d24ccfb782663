/**
 * A short brown-out in place of a long black-out: guests that need a pause of 2.4 s are allowed half a second. One
 * rewrites its memory flat out, one paced to twice what the link carries, and one flat out, but only a word of each page:
 * under TCG that one dirties more in a slice of QEMU's throttle than the pause has room for (docs/brake.md), so that it
 * moves is a figure and no goal; that it keeps its memory and is let go in time is one.
 */
import { Bed, LOOP } from '../lab/bed.ts';
import type { Workload } from '../lab/guest/workload.ts';
import { documentFrom } from '../lab/switchover-process.ts';
import type { MigrationDocument } from '../src/journal/document.ts';
import { atLeast, atMost, type BenchResult, spreadIfAny } from './goals.ts';

const REPEATS = 5;
const MOST_MS = 500;
const WORDS: Workload = { ...LOOP, page: 'word' };
const PACED: Workload = { ...WORDS, pagesPerSecond: 30_000 };

interface Run {
  readonly document: MigrationDocument;
  readonly verified: boolean;
}

export async function run(): Promise<BenchResult> {
  const loop = await runsOf('loop', LOOP);
  const paced = await runsOf('paced', PACED);
  const words = await runsOf('words', WORDS);
  return {
    bench: 'brake',
    figures: { loop: figures(loop), paced: figures(paced), words: figures(words) },
    goals: [
      ...movedWithin('loop', loop),
      ...unharmed('loop', loop),
      ...movedWithin('paced', paced),
      ...unharmed('paced', paced),
      ...unharmed('words', words),
    ],
  };
}

async function runsOf(name: string, workload: Workload): Promise<Run[]> {
  const runs: Run[] = [];
  for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
    process.stderr.write(`bench: ${name}, repeat ${repeat} of ${REPEATS}\n`);
    await using bed = await Bed.make(workload);
    const running = await bed.migrate('--json', '--max-downtime', `${MOST_MS}ms`, '--over-budget', 'brake');
    const document = documentFrom(await running.ended);
    const arrival = await bed.arrival(document.runsOn === 'destination' ? 'destination' : 'source');
    runs.push({ document, verified: arrival.ok });
  }
  return runs;
}

function movedWithin(name: string, runs: readonly Run[]) {
  const within = runs.filter(
    ({ document }) => document.outcome === 'completed' && (document.pauseMs ?? MOST_MS) < MOST_MS,
  );
  return [
    atLeast(`${name}: moved with a pause below ${MOST_MS} ms`, within.length, `of ${REPEATS}`, REPEATS),
  ];
}

function unharmed(name: string, runs: readonly Run[]) {
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

function figures(runs: readonly Run[]) {
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
