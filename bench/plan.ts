/**
 * `switchover plan` against what then happened: real guests of many kinds, each planned and then migrated, first with
 * nothing known but the line's rate, then again with the journal of that migration.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Bed } from '../lab/bed.ts';
import type { Workload } from '../lab/guest/workload.ts';
import { atLeast, type BenchResult } from './goals.ts';
import { type Foretold, insideShare, medianError, planAndMigrate, toldWell } from './planned.ts';

const LINE_RATE = '480mbit';

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

interface Run {
  readonly guest: string;
  readonly history: boolean;
  readonly verdict: string;
  readonly outcome: string;
  readonly pauseMs: Foretold | undefined;
  readonly totalMs: Foretold | undefined;
  readonly sentBytes: Foretold | undefined;
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
        runs.push(await runOf(workload, history, stateDir));
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
      ...toldWell('pause', pauses),
      ...toldWell('total', totals),
    ],
  };
}

async function runOf(workload: Workload, history: boolean, stateDir: string): Promise<Run> {
  await using bed = await Bed.make(workload);
  const how = ['--state-dir', stateDir, '--line-rate', LINE_RATE];
  const { verdict, document, pauseMs, totalMs, sentBytes } = await planAndMigrate(bed, how);
  const outcome = document.outcome ?? 'unknown';
  return { guest: nameOf(workload), history, verdict, outcome, pauseMs, totalMs, sentBytes };
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
