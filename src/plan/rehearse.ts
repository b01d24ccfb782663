/**
 * Runs a migration before it is made: the real policy, under the real supervisor, on a simulated QEMU with the guest and
 * the link that are expected. Once for the likely case, then once for either end of each thing that is not known exactly.
 */

import type { JournalSink } from '../journal/journal-entry.ts';
import type { BrownOut } from '../migration/brown-out.ts';
import type { Outcome } from '../migration/outcome.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import { type Estimate, times } from '../model/interval.ts';
import { transferMs } from '../model/transfer.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';
import { runOne } from '../simulate/run-one.ts';
import { type Case, knownIn, LIKELY_CASE, scenarioOf, UNCERTAIN } from './case.ts';
import type { Prospects } from './prospects.ts';

export interface Figures {
  readonly totalMs: Estimate;
  readonly sentBytes: Estimate;
  readonly pauseMs: Estimate;
  /**
   * How long the guest runs by post-copy on memory that is still on its way: what is left as it moves over the line's rate,
   * since nothing is written at the source any more and each page goes once (Hines, Deshpande and Gopalan, Post-copy live
   * migration of virtual machines, 2009). Undefined: it does not.
   */
  readonly remotePagesMs: Estimate | undefined;
}

/** What costs the guest something else than a pause. */
export type Means = 'post-copy' | 'suspend';

export interface Rehearsal {
  readonly policy: string;
  /** In the likely case. `never-ends`: it went on past {@link horizonMs}. */
  readonly end: 'completed' | 'gives-up' | 'never-ends';
  /** In how many of the cases it completes. */
  readonly completes: 'in-all-cases' | 'in-some-cases' | 'in-no-case';
  /** Defined where it is `completed`, of the cases that are. */
  readonly figures: Figures | undefined;
  /** The policy's view of the guest in the likely case; undefined where it takes none. */
  readonly memoryIntensive: boolean | undefined;
  /** The end's sentence, in the likely case. */
  readonly reason: string;
  /** How long and how hard the guest is slowed down in the likely case; undefined: it is not. */
  readonly brownOut: BrownOut | undefined;
  /** What else the likely case takes that the user has to know of. */
  readonly usedMeans: readonly Means[];
  /** The pause that would have to be allowed, where it gave up for that. */
  readonly neededPauseMs: number | undefined;
}

export interface Rehearsed {
  readonly prospects: Prospects;
  /** What the policy will know before it starts: less than the plan, whose probes are longer. */
  readonly known: Foreknowledge;
  /** What a byte of memory costs on the line, of all that the guest holds and of what it writes. Undefined: pages are sent as they are. */
  readonly prices?: { readonly held: number; readonly written: Estimate } | undefined;
}

/**
 * The same guest where the line is that many times as fast. What was measured of its line does not hold there, what its
 * switchovers cost beside the memory does.
 */
export function onLineOf({ prospects, known, ...on }: Rehearsed, factor: number): Rehearsed {
  return {
    ...on,
    known: { ...known, passTransfers: [], switchoverTransfers: [] },
    prospects: { ...prospects, payloadRate: times(prospects.payloadRate, factor) },
  };
}

/** The simulator against real migrations: so much beside what was not known, as a fraction and in milliseconds. */
export const OWN_ERROR = { relative: 0.025, totalMs: 100, pauseMs: 50 };

const SHORTEST_HORIZON_MS = 600_000;
const HORIZON_PASSES = 20;

/** A migration that goes on for longer is taken for one that never ends. */
export function horizonMs({ memoryBytes, payloadRate }: Prospects, limits: Limits): number {
  const rate = Math.min(payloadRate.middle, limits.bandwidthBytesPerSecond ?? payloadRate.middle);
  return Math.max(SHORTEST_HORIZON_MS, HORIZON_PASSES * transferMs(memoryBytes, rate));
}

export async function rehearse(kind: PolicyKind, limits: Limits, on: Rehearsed): Promise<Rehearsal> {
  const usedMeans = new Set<Means>();
  const likely = await runCase(kind, limits, on, LIKELY_CASE, (means) => usedMeans.add(means));
  const alternatives =
    likely.outcome === 'completed'
      ? await bothEndsOfEach(kind, limits, on)
      : await favourable(kind, limits, on);
  const others = alternatives.flat();
  const completed = [likely, ...others].filter(({ outcome }) => outcome === 'completed').length;
  const timedOut = limits.timeoutMs === undefined && likely.totalMs >= horizonMs(on.prospects, limits);
  return {
    policy: kind.name,
    end: likely.outcome === 'completed' ? 'completed' : timedOut ? 'never-ends' : 'gives-up',
    completes: completed === 0 ? 'in-no-case' : completed > others.length ? 'in-all-cases' : 'in-some-cases',
    figures:
      likely.outcome === 'completed' ? figuresOf(likely, alternatives, on.prospects.handlingMs) : undefined,
    memoryIntensive: likely.memoryIntensive ?? undefined,
    reason: likely.reason,
    brownOut: likely.brownOut ?? undefined,
    usedMeans: [...usedMeans],
    neededPauseMs: likely.neededPauseMs ?? undefined,
  };
}

async function bothEndsOfEach(kind: PolicyKind, limits: Limits, on: Rehearsed): Promise<Outcome[][]> {
  const pairs: Outcome[][] = [];
  for (const uncertain of UNCERTAIN) {
    if (uncertain === 'writtenLeft' && !on.prices) continue;
    pairs.push([
      await runCase(kind, limits, on, { ...LIKELY_CASE, [uncertain]: 'low' }),
      await runCase(kind, limits, on, { ...LIKELY_CASE, [uncertain]: 'high' }),
    ]);
  }
  return pairs;
}

/** Whether it might complete after all: what does not end takes the longest to simulate, and has no bounds to tell. */
async function favourable(kind: PolicyKind, limits: Limits, on: Rehearsed): Promise<Outcome[][]> {
  return [
    [await runCase(kind, limits, on, { ...LIKELY_CASE, dirtied: 'low' })],
    [await runCase(kind, limits, on, { ...LIKELY_CASE, payloadRate: 'high' })],
  ];
}

export async function runCase(
  kind: PolicyKind,
  limits: Limits,
  on: Rehearsed,
  at: Case,
  uses: (means: Means) => void = () => {},
): Promise<Outcome> {
  const known = knownIn(on.known, at);
  const bounded = { ...limits, timeoutMs: limits.timeoutMs ?? horizonMs(on.prospects, limits) };
  const journal: JournalSink = {
    write(_, entry) {
      if (entry.type === 'decision' && entry.decision.action === 'suspend') uses('suspend');
      if (entry.type === 'state' && entry.to === 'post-copy') uses('post-copy');
    },
  };
  const { prices } = on;
  const guest = {
    ...scenarioOf(on.prospects, at),
    ...(prices && { compressedTo: prices.held, writtenCompressedTo: prices.written[at.writtenLeft] }),
  };
  return await runOne(guest, kind, bounded, journal, known);
}

function figuresOf(
  likely: Outcome,
  alternatives: readonly (readonly Outcome[])[],
  handlingMs: Estimate,
): Figures {
  const of = (figure: (outcome: Outcome) => number | null, ownError: number) =>
    spread(
      figure(likely) ?? 0,
      alternatives.map((ends) =>
        ends.flatMap((each) => (each.outcome === 'completed' ? [figure(each) ?? 0] : [])),
      ),
      ownError,
    );
  const remoteMs = ({ remotePages }: Outcome) => remotePages?.ms ?? null;
  return {
    totalMs: plus(
      of(({ totalMs }) => totalMs, OWN_ERROR.totalMs),
      handlingMs,
    ),
    sentBytes: of(({ sentBytes }) => sentBytes, 0),
    pauseMs: of(({ pauseMs }) => pauseMs, OWN_ERROR.pauseMs),
    remotePagesMs: remoteMs(likely) === null ? undefined : of(remoteMs, OWN_ERROR.totalMs),
  };
}

/** The sum of two that do not depend on each other. */
function plus(a: Estimate, b: Estimate): Estimate {
  const middle = a.middle + b.middle;
  return {
    low: Math.max(0, middle - Math.hypot(a.middle - a.low, b.middle - b.low)),
    middle,
    high: middle + Math.hypot(a.high - a.middle, b.high - b.middle),
  };
}

/**
 * The bounds of a figure that depends on several others: what each alone moves it by, upwards and downwards, added as
 * independent errors are, by squares. One of them at its worst is likely enough, all at once are not.
 */
function spread(middle: number, alternatives: readonly (readonly number[])[], ownError: number): Estimate {
  const own = ownError + OWN_ERROR.relative * middle;
  const up = alternatives.map((values) => Math.max(0, ...values.map((value) => value - middle)));
  const down = alternatives.map((values) => Math.max(0, ...values.map((value) => middle - value)));
  return {
    low: Math.max(0, middle - Math.hypot(own, ...down)),
    middle,
    high: middle + Math.hypot(own, ...up),
  };
}
