/** Which figures of a new run are worse than the committed ones, beyond what noise explains. Pure. */
import type { GuestComparison } from './comparison.ts';
import { alwaysArrives, type Range, type Row } from './rows.ts';

/** Less than this is noise on any machine. */
const LEAST_ALLOWANCE = 0.15;
/** How many times the committed runs' own spread is still noise. */
const SPREADS = 3;
/** Differences below these are noise whatever their ratio. */
const NEGLIGIBLE = { totalMs: 250, sentBytes: 5e6, pauseMs: 50 };

const WORDS = { totalMs: 'total time', sentBytes: 'data', pauseMs: 'pause' };
type Figure = keyof typeof WORDS;
const FIGURES: readonly Figure[] = ['totalMs', 'sentBytes', 'pauseMs'];

export interface Regression {
  /** `loop, forecast: total time`. */
  readonly name: string;
  /** New over committed; of `arrived` the share of runs. */
  readonly ratio: number;
  /** The largest ratio that noise explains; of `arrived` the least share. */
  readonly allowed: number;
  readonly worse: boolean;
}

/** Compares what both have. */
export function regressions(
  now: readonly GuestComparison[],
  committed: readonly GuestComparison[],
): Regression[] {
  return now.flatMap((guest) => {
    const before = committed.find(({ name }) => name === guest.name);
    return [...guest.rows.values()].flatMap((row) => {
      const old = before?.rows.get(row.contender);
      return alwaysArrives(old) ? compareRows(row, old) : [];
    });
  });
}

function compareRows(row: Row, old: Row): Regression[] {
  const of = `${row.guest}, ${row.contender}`;
  const share = row.successes / row.runs;
  if (share < 1) return [{ name: `${of}: arrived`, ratio: share, allowed: 1, worse: true }];
  return FIGURES.flatMap((figure) => {
    const [a, b]: (Range | undefined)[] = [row[figure], old[figure]];
    if (!a || !b || b.median <= 0) return [];
    const ratio = a.median / b.median;
    const allowed = 1 + Math.max(LEAST_ALLOWANCE, (SPREADS * (b.max - b.min)) / b.median);
    const worse = ratio > allowed && a.median - b.median > NEGLIGIBLE[figure];
    return [{ name: `${of}: ${WORDS[figure]}`, ratio, allowed, worse }];
  });
}
