/** All rows of a result, and which fixed limit would have been best in hindsight. Pure. */
import { LIMIT_STEP_MS } from './limit-search.ts';
import type { CellRecord } from './record.ts';
import type { PoliciesResult } from './result.ts';
import { alwaysArrives, type Row, rowOf } from './rows.ts';

/** Pauses within this of each other are equally long: two runs of one policy differ by as much. */
const SAME_PAUSE_MS = 10;
const SAME_PAUSE_RATIO = 1.02;

export interface FixedLimit {
  readonly limitMs: number;
  readonly row: Row;
}

export interface GuestComparison {
  readonly name: string;
  readonly summary: string;
  readonly class: PoliciesResult['guests'][number]['class'];
  readonly peers: boolean;
  readonly rateBitsPerSecond: number;
  readonly timeLimitMs: number;
  /** Undefined where no fixed limit was found or looked for. */
  readonly relaxedLimitMs: number | undefined;
  /** What the contenders with `=` were allowed in the end; undefined where there were none. */
  readonly allowedPauseMs: number | undefined;
  /** By contender, `relaxed` at its final limit; `forecast= 1600 ms` where it was allowed less at first. */
  readonly rows: ReadonlyMap<string, Row>;
  /** Every fixed limit that was tried, the shortest first. */
  readonly fixed: readonly FixedLimit[];
}

export function compare(result: PoliciesResult): GuestComparison[] {
  return result.guests.map((guest) => {
    const runs = result.runs.filter((run) => run.guest === guest.name);
    const fixed = fixedLimits(guest.name, runs);
    const searched = runs.filter(({ stage }) => stage !== 'oracle');
    const relaxedLimitMs = relaxedLimit(fixedLimits(guest.name, searched));
    const matrix = runs.filter(({ stage }) => stage === 'matrix');
    const allowed = matrix.flatMap((run) => run.allowedPauseMs ?? []);
    const allowedPauseMs = allowed.length > 0 ? Math.max(...allowed) : undefined;
    const rows = new Map(
      [...Map.groupBy(matrix, (run) => nameOf(run, allowedPauseMs))].map(([name, own]) => [
        name,
        name === 'relaxed' ? relaxedRow(guest.name, runs, relaxedLimitMs) : rowOf(guest.name, name, own),
      ]),
    );
    return { ...guest, relaxedLimitMs, allowedPauseMs, rows, fixed };
  });
}

/** Where a longer pause was allowed once relaxed KVM turned out to need it, the earlier runs have a row of their own. */
function nameOf({ contender, allowedPauseMs }: CellRecord, finallyMs: number | undefined): string {
  return allowedPauseMs === null || allowedPauseMs === finallyMs
    ? contender
    : `${contender} ${allowedPauseMs} ms`;
}

/** @param name of a row */
export function contenderOf(name: string): string {
  return name.replace(/ .*/, '');
}

function fixedLimits(guest: string, runs: readonly CellRecord[]): FixedLimit[] {
  const tried = runs.filter(({ contender, limitMs }) => limitMs !== null && isFixed(contender));
  const limits = [...new Set(tried.flatMap(({ limitMs }) => limitMs ?? []))].sort((a, b) => a - b);
  return limits.map((limitMs) => ({
    limitMs,
    row: rowOf(
      guest,
      `limit ${limitMs} ms`,
      tried.filter((run) => run.limitMs === limitMs),
    ),
  }));
}

/** The shortest that is longer than all that failed, where the one a step below it was tried. */
function relaxedLimit(fixed: readonly FixedLimit[]): number | undefined {
  const longestFailed = Math.max(
    0,
    ...fixed.filter(({ row }) => !alwaysArrives(row)).map(({ limitMs }) => limitMs),
  );
  const shortest = fixed.find(({ limitMs }) => limitMs > longestFailed)?.limitMs;
  return shortest !== undefined && shortest - longestFailed <= LIMIT_STEP_MS ? shortest : undefined;
}

/** Every run with that limit, of the search as well: where it failed in the matrix the next one up took its place. */
function relaxedRow(guest: string, runs: readonly CellRecord[], limitMs: number | undefined): Row {
  const tried = runs.filter(({ contender }) => isFixed(contender));
  const settled = tried.filter((run) => run.limitMs === limitMs);
  return rowOf(guest, 'relaxed', settled.length > 0 ? settled : tried);
}

/** QEMU's own rule with one limit from the start. */
export function isFixed(contender: string): boolean {
  return contender === 'relaxed' || contender.startsWith('limit-');
}

/** @returns true when the first row's pause is no longer than the other's */
export function pausesNoLonger(row: Row, than: Row): boolean {
  if (!row.pauseMs || !than.pauseMs) return false;
  return row.pauseMs.median <= than.pauseMs.median * SAME_PAUSE_RATIO + SAME_PAUSE_MS;
}

/** The fixed limit that would have been quickest, among those whose pause is no longer than this row's. */
export function oracleFor(row: Row, { fixed }: GuestComparison): FixedLimit | undefined {
  return quickest(
    fixed.filter((each) => alwaysArrives(each.row) && pausesNoLonger(each.row, row)),
    ({ row: { totalMs } }) => totalMs?.median,
  );
}

/** The peer that is quickest, among those that always arrive after a pause no longer than this row's. */
export function bestPeerFor(row: Row, { rows }: GuestComparison, own: ReadonlySet<string>): Row | undefined {
  const peers = [...rows.values()].filter(
    (peer) => !own.has(contenderOf(peer.contender)) && alwaysArrives(peer) && pausesNoLonger(peer, row),
  );
  return quickest(peers, ({ totalMs }) => totalMs?.median);
}

function quickest<T>(items: readonly T[], msOf: (item: T) => number | undefined): T | undefined {
  return [...items].sort((a, b) => (msOf(a) ?? Number.MAX_VALUE) - (msOf(b) ?? Number.MAX_VALUE))[0];
}
