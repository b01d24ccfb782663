/**
 * Guests of a size that people run: 1, 4 and 8 GiB, mostly free and mostly full, over links of 0.5, 2 and 10 Gbit/s, each
 * dirtying half as much again as its link carries. How long a pause is foretold by `plan` before the start, and at the boundary
 * at which the guest was stopped, against what it was. QEMU and the lab take some four times the guest's memory.
 */
import { Bed } from '../lab/bed.ts';
import type { Workload } from '../lab/guest/workload.ts';
import type { MigrationDocument } from '../src/journal/document.ts';
import { atLeast, atMost, type BenchResult } from './goals.ts';
import { type Foretold, medianError, planAndMigrate, toldWell } from './planned.ts';
import { isWhole } from './verified-run.ts';

const SIZES_GIB = [1, 4, 8];
const LINKS_GBIT = [0.5, 2, 10];
/** How much of the memory is the guest's working set. */
const FILLS = { free: 0.125, full: 0.7 };
const PAGE_BYTES = 4096;

/** A pause is to be foretold, not refused. */
const ALLOWED = ['--max-downtime', '60s'];

interface Run {
  readonly memoryGib: number;
  readonly fill: keyof typeof FILLS;
  readonly linkGbit: number;
  readonly outcome: string;
  readonly memoryRight: boolean;
  readonly passes: number;
  /** By the boundary at which it was decided to stop, in milliseconds. */
  readonly decidedWithMs: number | undefined;
  readonly pauseMs: Foretold | undefined;
  readonly totalMs: Foretold | undefined;
  readonly was: { readonly pauseMs: number | null; readonly totalMs: number };
}

export async function run(): Promise<BenchResult> {
  const runs: Run[] = [];
  for (const memoryGib of SIZES_GIB)
    for (const fill of ['free', 'full'] as const)
      for (const linkGbit of LINKS_GBIT) {
        process.stderr.write(`bench: ${memoryGib} GiB, mostly ${fill}, ${linkGbit} Gbit/s\n`);
        runs.push(await runOf(memoryGib, fill, linkGbit));
      }
  const arrived = runs.filter(({ outcome }) => outcome === 'completed');
  const large = arrived.filter(({ memoryGib }) => memoryGib >= 4);
  const decided = large.flatMap(({ decidedWithMs: likely, was }) =>
    likely === undefined || was.pauseMs === null ? [] : { likely, was: was.pauseMs },
  );
  const of = (figure: 'pauseMs' | 'totalMs') => runs.flatMap((each) => each[figure] ?? []);
  return {
    bench: 'size',
    figures: { runs },
    goals: [
      atLeast('arrived', arrived.length, `of ${runs.length}`, runs.length),
      atLeast(
        'memory right',
        runs.filter(({ memoryRight }) => memoryRight).length,
        `of ${runs.length}`,
        runs.length,
      ),
      atMost(
        'pause foretold at the deciding boundary, 4 and 8 GiB: median error',
        100 * medianError(decided),
        '%',
        15,
      ),
      ...toldWell('plan, pause', of('pauseMs')),
      ...toldWell('plan, total', of('totalMs')),
    ],
  };
}

async function runOf(memoryGib: number, fill: Run['fill'], linkGbit: number): Promise<Run> {
  const memoryMiB = 1024 * memoryGib;
  const rateBitsPerSecond = linkGbit * 1e9;
  const workload: Workload = {
    kind: 'hotcold',
    wssMiB: Math.round(FILLS[fill] * memoryMiB),
    page: 'word',
    pagesPerSecond: Math.round((1.5 * rateBitsPerSecond) / 8 / PAGE_BYTES),
  };
  await using bed = await Bed.make(workload, { memoryMiB }, { rateBitsPerSecond });
  const { document, pauseMs, totalMs } = await planAndMigrate(bed, [
    '--line-rate',
    `${linkGbit}gbit`,
    ...ALLOWED,
  ]);
  return {
    ...{ memoryGib, fill, linkGbit },
    outcome: document.outcome ?? 'unknown',
    memoryRight: await isWhole(bed, document),
    passes: document.boundaries.length,
    decidedWithMs: decidedWithMs(document),
    pauseMs,
    totalMs,
    was: { pauseMs: document.pauseMs, totalMs: document.totalMs },
  };
}

/** Undefined where QEMU stopped by itself, or it had been allowed to before. */
function decidedWithMs({ boundaries, decisions }: MigrationDocument): number | undefined {
  const decided = decisions.findLast(({ action }) => action === 'switchover');
  return boundaries.find(({ pass }) => pass === decided?.pass)?.pauseForecastMs ?? undefined;
}
