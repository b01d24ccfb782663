/**
 * The thesis's claim, repeated: a memory-intensive guest never arrives under stock QEMU and always does under MP, with
 * all its memory. And the default's: it arrives a pass sooner, and an idle guest is left alone.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { labAccelerator } from '../lab/accelerator.ts';
import type { Bed } from '../lab/bed.ts';
import type { Workload } from '../lab/guest/workload.ts';
import { faultOfPair, onSoundBed } from '../lab/kvm/sound-bed.ts';
import { type ConvergenceFigures, keep, kept } from './convergence/figures.ts';
import { page } from './convergence/page.ts';
import { completed, decidedAtPass, pauseMs, rowFigures } from './convergence/run.ts';
import { makeBed, SETTING } from './convergence/settings.ts';
import { atLeast, atMost, type BenchResult, type Goal, spread } from './goals.ts';
import { runOnKvmHost } from './on-kvm-host.ts';
import { environment } from './policies/environment.ts';
import { ROOT } from './policies/store.ts';
import { migrate, type VerifiedRun } from './verified-run.ts';

const REPEATS = 5;

interface Options {
  /** On KVM, in a host that QEMU emulates. */
  readonly kvm: boolean;
  /** Of each policy. Default 5. */
  readonly runs: number | undefined;
  /** Keep the figures, and make docs/convergence.md of all that are kept. */
  readonly write: boolean;
}

type Result = BenchResult & { readonly figures: ConvergenceFigures };

export async function run({ kvm, runs = REPEATS, write }: Options): Promise<BenchResult> {
  const result = kvm ? await measureOnKvm(runs) : await measure(runs);
  if (write) {
    keep(result.figures);
    const measured = (['tcg', 'kvm'] as const).flatMap((accelerator) => kept(accelerator) ?? []);
    writeFileSync(path.join(ROOT, 'docs', 'convergence.md'), page(measured));
  }
  return result;
}

async function measureOnKvm(repeats: number): Promise<Result> {
  const result = await runOnKvmHost<Result>(['convergence', '--runs', `${repeats}`], ['loop']);
  // The commit and the real processor can be seen only from here.
  const inside = result.figures.environment;
  const outside = environment(inside.command);
  const kernel = `${inside.kernel} in the emulated host, ${outside.kernel} below it`;
  return { ...result, figures: { ...result.figures, environment: { ...outside, kernel } } };
}

async function measure(repeats: number): Promise<Result> {
  const accelerator = labAccelerator();
  // An emulated host's own times would be held against the healthy guest.
  const withIdle = accelerator === 'tcg';
  // An emulated guest gets no quota, which that takes.
  const withBrake = accelerator === 'kvm';
  const stock: VerifiedRun[] = [];
  const mp: VerifiedRun[] = [];
  const forecast: VerifiedRun[] = [];
  const braking: VerifiedRun[] = [];
  const idle: VerifiedRun[] = [];
  let brokenGuests = 0;
  const on = <T>(body: (bed: Bed) => Promise<T>, workload?: Workload): Promise<T> =>
    onSoundBed(
      () => makeBed(workload),
      body,
      faultOfPair,
      (why) => {
        brokenGuests += 1;
        process.stderr.write(`bench: not counted, once more: ${why}\n`);
      },
    );
  for (let repeat = 1; repeat <= repeats; repeat += 1) {
    process.stderr.write(`bench: repeat ${repeat} of ${repeats}\n`);
    const both = await on(async (bed) => ({
      stock: await migrate(bed, '--policy', 'stock', '--timeout', `${SETTING.stockSeconds}s`),
      mp: await migrate(bed, '--policy', 'mp'),
    }));
    stock.push(both.stock);
    mp.push(both.mp);
    // Another bed: of the first it would know the link, and of the guest the passes.
    forecast.push(await on((bed) => migrate(bed)));
    if (withBrake) braking.push(await on((bed) => migrate(bed, '--brake', 'when-it-pays')));
    if (withIdle) idle.push(await on((bed) => migrate(bed), { kind: 'idle' }));
  }
  return {
    bench: 'convergence',
    figures: {
      accelerator,
      setting: SETTING,
      environment: environment(`./dev bench convergence${accelerator === 'kvm' ? ' --kvm' : ''} --write`),
      stock: rowFigures(stock),
      mp: rowFigures(mp),
      forecast: rowFigures(forecast),
      braking: withBrake ? rowFigures(braking) : null,
      idle: withIdle ? rowFigures(idle) : null,
      brokenGuests,
    },
    goals: [
      ...goalsOfIntensive(stock, mp, forecast),
      ...(withBrake ? goalsOfBraking(forecast, braking) : []),
      ...(withIdle ? goalsOfIdle(idle) : []),
    ],
  };
}

function goalsOfIntensive(
  stock: readonly VerifiedRun[],
  mp: readonly VerifiedRun[],
  forecast: readonly VerifiedRun[],
): Goal[] {
  const repeats = stock.length;
  const { ofMp } = SETTING;
  return [
    atMost('stock: completed', completed(stock), `of ${repeats}`, 0),
    atLeast('mp: completed', completed(mp), `of ${repeats}`, repeats),
    memoryVerified('memory verified', [...stock, ...mp, ...forecast]),
    atMost('mp: decided at MIGRATION_PASS, latest', Math.max(...mp.map(decidedAtPass)), 'pass', 4),
    atMost('mp: pause, longest', Math.max(...mp.map(pauseMs)), 'ms', 5000),
    atLeast('forecast: completed', completed(forecast), `of ${repeats}`, repeats),
    atMost(
      'forecast: decided at MIGRATION_PASS, latest',
      Math.max(...forecast.map(decidedAtPass)),
      'pass',
      2,
    ),
    atMost('forecast: pause, longest', Math.max(...forecast.map(pauseMs)), 'ms', 5000),
    atMost('forecast: total time, median', ratio(forecast, mp, 'totalMs'), 'of mp', ofMp),
    atMost('forecast: data sent, median', ratio(forecast, mp, 'sentBytes'), 'of mp', ofMp),
  ];
}

/** A pause next to nothing, at next to no time. */
function goalsOfBraking(forecast: readonly VerifiedRun[], braking: readonly VerifiedRun[]): Goal[] {
  const repeats = braking.length;
  return [
    atLeast('braking: completed', completed(braking), `of ${repeats}`, repeats),
    memoryVerified('braking: memory verified', braking),
    atMost('braking: pause, median', spread(braking.map(pauseMs)).median, 'ms', 300),
    atMost('braking: total time, median', ratio(braking, forecast, 'totalMs'), 'of forecast', 1.05),
  ];
}

function goalsOfIdle(idle: readonly VerifiedRun[]): Goal[] {
  return [
    memoryVerified('idle: memory verified', idle),
    atMost(
      'idle under forecast: decisions other than to continue',
      idle.reduce((sum, each) => sum + interferences(each), 0),
      'decisions',
      0,
    ),
    atMost('idle under forecast: pause, longest', Math.max(...idle.map(pauseMs)), 'ms', 300),
  ];
}

function memoryVerified(name: string, runs: readonly VerifiedRun[]): Goal {
  return atLeast(name, runs.filter(({ verified }) => verified).length, `of ${runs.length}`, runs.length);
}

function ratio(
  runs: readonly VerifiedRun[],
  than: readonly VerifiedRun[],
  figure: 'totalMs' | 'sentBytes',
): number {
  const median = (of: readonly VerifiedRun[]) => spread(of.map(({ document }) => document[figure])).median;
  return median(runs) / median(than);
}

function interferences({ document }: VerifiedRun): number {
  return document.decisions.filter(({ action }) => action !== 'continue').length;
}
