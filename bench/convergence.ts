/**
 * The thesis's claim, repeated: a memory-intensive guest never arrives under stock QEMU and always does under MP, with
 * all its memory. And the default's: it arrives a pass sooner, and an idle guest is left alone.
 */
import { Bed, LOOP } from '../lab/bed.ts';
import { documentFrom } from '../lab/switchover-process.ts';
import type { MigrationDocument } from '../src/journal/document.ts';
import { atLeast, atMost, type BenchResult, spread } from './goals.ts';

const REPEATS = 5;
const STOCK_SECONDS = 30;

interface Run {
  readonly document: MigrationDocument;
  readonly verified: boolean;
}

export async function run(): Promise<BenchResult> {
  const stock: Run[] = [];
  const mp: Run[] = [];
  const forecast: Run[] = [];
  const idle: Run[] = [];
  for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
    process.stderr.write(`bench: repeat ${repeat} of ${REPEATS}: stock, mp, forecast, idle\n`);
    {
      await using bed = await Bed.make(LOOP);
      stock.push(await migrate(bed, '--policy', 'stock', '--timeout', `${STOCK_SECONDS}s`));
      mp.push(await migrate(bed, '--policy', 'mp'));
    }
    {
      // Another bed: of the first it would know the link, and of the guest the passes.
      await using bed = await Bed.make(LOOP);
      forecast.push(await migrate(bed));
    }
    await using bed = await Bed.make({ kind: 'idle' });
    idle.push(await migrate(bed));
  }
  const all = [...stock, ...mp, ...forecast, ...idle];
  return {
    bench: 'convergence',
    figures: {
      stock: {
        completed: completed(stock),
        within: `${STOCK_SECONDS} s`,
        sentBytes: spread(stock.map(({ document }) => document.sentBytes)),
      },
      mp: figures(mp),
      forecast: figures(forecast),
      idle: figures(idle),
    },
    goals: [
      atMost('stock: completed', completed(stock), `of ${REPEATS}`, 0),
      atLeast('mp: completed', completed(mp), `of ${REPEATS}`, REPEATS),
      atLeast(
        'memory verified',
        all.filter(({ verified }) => verified).length,
        `of ${all.length}`,
        all.length,
      ),
      atMost('mp: decided at MIGRATION_PASS, latest', Math.max(...mp.map(decidedAtPass)), 'pass', 4),
      atMost('mp: pause, longest', Math.max(...mp.map(pauseMs)), 'ms', 5000),
      atLeast('forecast: completed', completed(forecast), `of ${REPEATS}`, REPEATS),
      atMost(
        'forecast: decided at MIGRATION_PASS, latest',
        Math.max(...forecast.map(decidedAtPass)),
        'pass',
        2,
      ),
      atMost('forecast: pause, longest', Math.max(...forecast.map(pauseMs)), 'ms', 5000),
      atMost('forecast: total time, median', ratio(forecast, mp, 'totalMs'), 'of mp', 0.8),
      atMost('forecast: data sent, median', ratio(forecast, mp, 'sentBytes'), 'of mp', 0.8),
      atMost(
        'idle under forecast: decisions other than to continue',
        idle.reduce((sum, each) => sum + interferences(each), 0),
        'decisions',
        0,
      ),
      atMost('idle under forecast: pause, longest', Math.max(...idle.map(pauseMs)), 'ms', 300),
    ],
  };
}

async function migrate(bed: Bed, ...policy: string[]): Promise<Run> {
  const document = documentFrom(await (await bed.migrate('--json', ...policy)).ended);
  const arrival = await bed.arrival(document.runsOn === 'destination' ? 'destination' : 'source');
  return { document, verified: arrival.ok };
}

function figures(runs: readonly Run[]) {
  return {
    completed: completed(runs),
    pauseMs: spread(runs.map(pauseMs)),
    totalMs: spread(runs.map(({ document }) => document.totalMs)),
    probeMs: runs.map(({ document }) => document.foreseen?.tookMs ?? 0),
    sentBytes: spread(runs.map(({ document }) => document.sentBytes)),
    decidedAtPass: runs.map(decidedAtPass),
  };
}

function completed(runs: readonly Run[]): number {
  return runs.filter(({ document }) => document.outcome === 'completed').length;
}

function ratio(runs: readonly Run[], than: readonly Run[], figure: 'totalMs' | 'sentBytes'): number {
  const median = (of: readonly Run[]) => spread(of.map(({ document }) => document[figure])).median;
  return median(runs) / median(than);
}

/** A run without a measured pause counts as one that was too long. */
function pauseMs({ document }: Run): number {
  return document.pauseMs ?? Number.MAX_SAFE_INTEGER;
}

function decidedAtPass({ document }: Run): number {
  return document.decisions.find(({ action }) => action === 'switchover')?.pass ?? 0;
}

function interferences({ document }: Run): number {
  return document.decisions.filter(({ action }) => action !== 'continue').length;
}
