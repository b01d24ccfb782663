/** What `switchover plan` told of a real migration, beside what then happened. */
import type { Bed } from '../lab/bed.ts';
import { documentFrom, switchover } from '../lab/switchover-process.ts';
import type { MigrationDocument } from '../src/journal/document.ts';
import type { PlanDocument } from '../src/plan/document.ts';
import { atLeast, atMost, type Goal } from './goals.ts';

export interface Foretold {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
  readonly was: number;
  readonly inside: boolean;
}

export interface Planned {
  readonly verdict: string;
  readonly document: MigrationDocument;
  readonly pauseMs: Foretold | undefined;
  readonly totalMs: Foretold | undefined;
  readonly sentBytes: Foretold | undefined;
}

/** A lab's guest is still booting its last bits when it says that it is ready. */
const SETTLE_MS = 1000;

/** @param args of both commands */
export async function planAndMigrate(bed: Bed, args: readonly string[]): Promise<Planned> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const where = [bed.source, bed.destination, ...bed.common()];
  const planned = await switchover('plan', ...where, ...args, '--json');
  const plan = JSON.parse(planned.stdout) as PlanDocument;
  const document = documentFrom(await switchover('migrate', ...where, ...args, '--json', '--quiet'));
  const figure = (name: 'pauseMs' | 'totalMs' | 'sentBytes'): Foretold | undefined => {
    const said = plan.chosen?.[name];
    const was = document[name];
    if (!said || was === null || document.outcome !== 'completed') return undefined;
    return { ...said, was: Math.round(was), inside: said.low <= was && was <= said.high };
  };
  return {
    verdict: plan.verdict,
    document,
    pauseMs: figure('pauseMs'),
    totalMs: figure('totalMs'),
    sentBytes: figure('sentBytes'),
  };
}

/** What every plan is held against. */
export function toldWell(name: string, figures: readonly Foretold[]): Goal[] {
  return [
    atMost(`${name}: median error`, 100 * medianError(figures), '%', 15),
    atLeast(`${name}: inside what was told`, 100 * insideShare(figures), '%', 80),
  ];
}

export function medianError(figures: readonly Pick<Foretold, 'likely' | 'was'>[]): number {
  const errors = figures.map(({ likely, was }) => Math.abs(likely / was - 1)).sort((a, b) => a - b);
  return errors[errors.length >> 1] ?? Number.POSITIVE_INFINITY;
}

export function insideShare(figures: readonly Foretold[]): number {
  return figures.filter(({ inside }) => inside).length / Math.max(1, figures.length);
}
