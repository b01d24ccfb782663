/** What many judged guests come to: ratios of cost, guest by guest. Pure. */
import { type Spread, spreadIfAny } from '../goals.ts';
import { costMs, type Judged, type Run } from './judge.ts';
import { BRAKING } from './rules.ts';

/** Of one contender's cost to another's. */
export interface Ratios {
  readonly guests: number;
  readonly median: number;
  readonly p90: number;
  readonly worst: number;
  readonly worstSeed: number;
}

export interface Standing {
  readonly name: string;
  /** Left out of the ratios; of those that the oracle brought over. */
  readonly notArrived: number;
  /** It was called impossible where it was not. */
  readonly wrongVerdicts: number;
  readonly againstOracle: Ratios;
  /** Undefined for the simple rule itself. */
  readonly againstSimple: Ratios | undefined;
  /** Of the total time alone. */
  readonly totalAgainstSimple: Ratios | undefined;
}

export interface Summary {
  readonly guests: number;
  /** Without a brake nobody could have brought them over within the pause that is allowed: left out of all else. */
  readonly impossible: number;
  readonly all: readonly Standing[];
  /** Those that stock QEMU did not bring over. */
  readonly inNeed: number;
  readonly ofThoseInNeed: readonly Standing[];
  /** Those that stock QEMU brought over: what helping them costs. */
  readonly ofThoseInNoNeed: readonly Helped[];
}

export interface Helped {
  readonly name: string;
  readonly notArrived: number;
  readonly againstStock: Ratios;
}

export function summaryOf(judged: readonly Judged[]): Summary {
  const possible = judged.filter(({ oracle }) => oracle !== undefined);
  const inNeed = possible.filter((each) => runOf('stock', each)?.arrived === false);
  const inNoNeed = possible.filter((each) => runOf('stock', each)?.arrived === true);
  const names = [...(judged[0]?.runs.map(({ name }) => name) ?? []), 'best peer'];
  return {
    guests: judged.length,
    impossible: judged.length - possible.length,
    all: names.map((name) => standing(name, possible)),
    inNeed: inNeed.length,
    ofThoseInNeed: names.map((name) => standing(name, inNeed)),
    ofThoseInNoNeed: names.map((name) => ({
      name,
      notArrived: inNoNeed.filter((each) => !runOf(name, each)?.arrived).length,
      againstStock: ratios(inNoNeed, name, (each) => runOf('stock', each)),
    })),
  };
}

function standing(name: string, possible: readonly Judged[]): Standing {
  const runs = possible.map((each) => runOf(name, each));
  return {
    name,
    notArrived: runs.filter((run) => !run?.arrived).length,
    wrongVerdicts: runs.filter((run) => run?.calledImpossible).length,
    againstOracle: ratios(possible, name, ({ oracle }) => oracle),
    againstSimple: name === 'simple' ? undefined : ratios(possible, name, (each) => runOf('simple', each)),
    totalAgainstSimple:
      name === 'simple'
        ? undefined
        : ratios(
            possible,
            name,
            (each) => runOf('simple', each),
            (run) => (run.arrived ? run.totalMs : Number.NaN),
          ),
  };
}

/** Of forecast with a history of something else to forecast without one. */
export interface Misled {
  readonly name: string;
  readonly againstNoHistory: Ratios;
}

export function misledOf(judged: readonly Judged[]): Misled[] {
  return (judged[0]?.misled ?? []).map(({ name }) => ({
    name,
    againstNoHistory: ratios(judged, name, (each) => runOf('forecast', each)),
  }));
}

/** Of forecast where it may brake to forecast where it may not. */
export interface Braking {
  readonly guests: number;
  /** How many of them it slowed down. */
  readonly braked: number;
  readonly notArrived: number;
  /** Of those that somebody could have brought over without a brake. */
  readonly possibleNotArrived: number;
  /** Of those that nobody could have brought over without a brake. */
  readonly impossibleArrived: number;
  /** Its cost to the simple rule's, of those that stock QEMU did not bring over. */
  readonly inNeedAgainstSimple: Ratios;
  /** Of those that were slowed down and arrive without that too. */
  readonly cost: Ratios;
  readonly total: Ratios;
  readonly pauseMs: Spread | null;
  readonly pauseWithoutMs: Spread | null;
}

export function brakingOf(judged: readonly Judged[]): Braking {
  const without = (each: Judged) => runOf('forecast', each);
  const braked = judged.filter(({ braking }) => braking.withheldMs > 0);
  const both = braked.filter((each) => each.braking.arrived && without(each)?.arrived);
  const against = (measure?: (run: Run) => number) => ratios(both, BRAKING.name, without, measure);
  return {
    guests: judged.length,
    braked: braked.length,
    notArrived: judged.filter(({ braking }) => !braking.arrived).length,
    possibleNotArrived: judged.filter(({ oracle, braking }) => oracle && !braking.arrived).length,
    inNeedAgainstSimple: ratios(
      judged.filter((each) => runOf('stock', each)?.arrived === false),
      BRAKING.name,
      (each) => runOf('simple', each),
    ),
    impossibleArrived: judged.filter(({ oracle, braking }) => !oracle && braking.arrived).length,
    cost: against(),
    total: against(({ totalMs }) => totalMs),
    pauseMs: spreadIfAny(both.map(({ braking }) => braking.pauseMs)),
    pauseWithoutMs: spreadIfAny(both.map((each) => without(each)?.pauseMs ?? 0)),
  };
}

function runOf(name: string, { runs, misled, braking, bestPeer }: Judged): Run | undefined {
  return name === 'best peer' ? bestPeer : [...runs, ...misled, braking].find((run) => run.name === name);
}

/** Where both arrived. */
function ratios(
  judged: readonly Judged[],
  name: string,
  against: (each: Judged) => Run | undefined,
  measure: (run: Run) => number = costMs,
): Ratios {
  const values = judged
    .flatMap((each) => {
      const [ours, theirs] = [runOf(name, each), against(each)];
      const ratio = ours && theirs ? measure(ours) / measure(theirs) : Number.NaN;
      return Number.isFinite(ratio) && ratio > 0 ? [{ ratio, seed: each.seed }] : [];
    })
    .sort((a, b) => a.ratio - b.ratio);
  const at = (share: number) => values[Math.min(values.length - 1, Math.floor(values.length * share))];
  return {
    guests: values.length,
    median: rounded(at(0.5)?.ratio ?? Number.NaN),
    p90: rounded(at(0.9)?.ratio ?? Number.NaN),
    worst: rounded(at(1)?.ratio ?? Number.NaN),
    worstSeed: at(1)?.seed ?? -1,
  };
}

function rounded(ratio: number): number {
  return Number(ratio.toPrecision(3));
}
