/**
 * `switchover plan` against what then happened: real guests of many kinds, each planned and then migrated, first with
 * nothing known but the line's rate, then again with the journal of that migration.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Bed } from '../lab/bed.ts';
import type { Workload } from '../lab/guest/workload.ts';
import { documentFrom, switchover } from '../lab/switchover-process.ts';
import type { PlanDocument } from '../src/plan/document.ts';
import { atLeast, atMost, type BenchResult } from './goals.ts';

const LINE_RATE = '480mbit';

/** A lab's guest is still booting its last bits when it says that it is ready. */
const SETTLE_MS = 1000;

const GUESTS: readonly Workload[] = [
  { kind: 'loop', wssMiB: 128 },
  { kind: 'random', wssMiB: 96, pagesPerSecond: 20_000 },
  { kind: 'idle', wssMiB: 128 },
  { kind: 'hotcold', wssMiB: 128 },
  { kind: 'loop', wssMiB: 128, pagesPerSecond: 20_000 },
  { kind: 'random', wssMiB: 128 },
  { kind: 'loop', wssMiB: 48 },
  { kind: 'hotcold', wssMiB: 192, pagesPerSecond: 15_000 },
  { kind: 'random', wssMiB: 192, pagesPerSecond: 10_000 },
  { kind: 'loop', wssMiB: 160, page: 'full' },
  { kind: 'loop', wssMiB: 128, pagesPerSecond: 8000 },
];

interface Figure {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
  readonly was: number;
  readonly inside: boolean;
}

interface Run {
  readonly guest: string;
  readonly history: boolean;
  readonly verdict: string;
  readonly outcome: string;
  readonly pauseMs: Figure | undefined;
  readonly totalMs: Figure | undefined;
  readonly sentBytes: Figure | undefined;
}

export async function run(): Promise<BenchResult> {
  const runs: Run[] = [];
  for (const [index, workload] of GUESTS.entries()) {
    const stateDir = await mkdtemp(path.join(os.tmpdir(), 'switchover-plan-'));
    try {
      for (const history of [false, true]) {
        process.stderr.write(
          `bench: guest ${index + 1} of ${GUESTS.length}, ${nameOf(workload)}${history ? ', again' : ''}\n`,
        );
        runs.push(await planAndMigrate(workload, history, stateDir));
      }
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  }
  const of = (figure: 'pauseMs' | 'totalMs' | 'sentBytes') => runs.flatMap((each) => each[figure] ?? []);
  const [pauses, totals, sizes] = [of('pauseMs'), of('totalMs'), of('sentBytes')];
  return {
    bench: 'plan',
    figures: { runs, sentBytes: { medianError: medianError(sizes), inside: insideShare(sizes) } },
    goals: [
      atLeast('migrations that were planned and arrived', pauses.length, `of ${runs.length}`, 20),
      atMost('pause: median error', 100 * medianError(pauses), '%', 15),
      atMost('total: median error', 100 * medianError(totals), '%', 15),
      atLeast('pause: inside what was told', 100 * insideShare(pauses), '%', 80),
      atLeast('total: inside what was told', 100 * insideShare(totals), '%', 80),
    ],
  };
}

async function planAndMigrate(workload: Workload, history: boolean, stateDir: string): Promise<Run> {
  await using bed = await Bed.make(workload);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const where = [bed.source, bed.destination, ...bed.common()];
  const how = ['--state-dir', stateDir, '--line-rate', LINE_RATE, '--json'];
  const planned = await switchover('plan', ...where, ...how);
  const plan = JSON.parse(planned.stdout) as PlanDocument;
  const document = documentFrom(await switchover('migrate', ...where, ...how, '--quiet'));
  const figure = (name: 'pauseMs' | 'totalMs' | 'sentBytes'): Figure | undefined => {
    const said = plan.chosen?.[name];
    const was = document[name];
    if (!said || was === null || document.outcome !== 'completed') return undefined;
    return { ...said, was: Math.round(was), inside: said.low <= was && was <= said.high };
  };
  return {
    ...{ guest: nameOf(workload), history, verdict: plan.verdict, outcome: document.outcome ?? 'unknown' },
    ...{ pauseMs: figure('pauseMs'), totalMs: figure('totalMs'), sentBytes: figure('sentBytes') },
  };
}

function medianError(figures: readonly Figure[]): number {
  const errors = figures.map(({ likely, was }) => Math.abs(likely / was - 1)).sort((a, b) => a - b);
  return errors[errors.length >> 1] ?? Number.POSITIVE_INFINITY;
}

function insideShare(figures: readonly Figure[]): number {
  return figures.filter(({ inside }) => inside).length / Math.max(1, figures.length);
}

function nameOf({ kind, wssMiB, pagesPerSecond, page }: Workload): string {
  return [
    kind,
    `${wssMiB} MiB`,
    pagesPerSecond && `${pagesPerSecond} pages/s`,
    page === 'full' && 'full pages',
  ]
    .filter(Boolean)
    .join(' ');
}
