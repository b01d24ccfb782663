/** The goals that the tables are held against. Pure. */
import { bestPeerFor, type GuestComparison, oracleFor } from './comparison.ts';
import { CONTENDERS } from './contenders.ts';
import { alwaysArrives, type Range, type Row } from './rows.ts';

export interface Held {
  readonly goal: string;
  readonly guest: string;
  /** Undefined: it could not be measured, which is a miss. */
  readonly value: number | undefined;
  readonly limit: number;
  readonly sense: 'at most' | 'at least';
  readonly met: boolean;
  /** What it was compared with, where that is not in the goal's words. */
  readonly note: string;
}

const OWN = new Set(CONTENDERS.filter(({ tier }) => tier === 'own').map(({ id }) => id));
/** The thesis has -22 % and -19 %. */
const AGAINST_RELAXED = 0.65;
const AGAINST_PEERS = 0.9;
const AGAINST_ORACLE = 1.05;
const HEALTHY = 1.02;

export function heldAgainst(guests: readonly GuestComparison[]): Held[] {
  return guests.flatMap((guest) => [
    ...(guest.class === 'intensive' ? success(guest) : []),
    ...(guest.class === 'intensive' ? againstRelaxed(guest) : []),
    ...(guest.class !== 'healthy' && guest.peers ? againstPeers(guest) : []),
    ...(guest.class !== 'healthy' ? againstOracle(guest) : []),
    ...(guest.class === 'healthy' ? healthy(guest) : []),
  ]);
}

function success({ name, rows }: GuestComparison): Held[] {
  const share = (contender: string) => {
    const row = rows.get(contender);
    return row && row.runs > 0 ? row.successes / row.runs : undefined;
  };
  return [
    atMost('stock arrives (share of runs)', name, share('stock'), 0),
    atLeast('mp arrives (share of runs)', name, share('mp'), 1),
    atLeast('forecast arrives (share of runs)', name, share('forecast'), 1),
  ];
}

function againstRelaxed({ name, rows, relaxedLimitMs }: GuestComparison): Held[] {
  const [ours, theirs] = [rows.get('forecast='), rows.get('relaxed')];
  const note = relaxedLimitMs === undefined ? 'no fixed limit was found' : `limit ${relaxedLimitMs} ms`;
  return [
    atMost('forecast=: total time / relaxed', name, ratio(ours, theirs, 'totalMs'), AGAINST_RELAXED, note),
    atMost('forecast=: data / relaxed', name, ratio(ours, theirs, 'sentBytes'), AGAINST_RELAXED, note),
    atMost('forecast=: pause / relaxed', name, ratio(ours, theirs, 'pauseMs'), HEALTHY, note),
  ];
}

function againstPeers(guest: GuestComparison): Held[] {
  const ours = guest.rows.get('forecast');
  if (!alwaysArrives(ours)) return [missed('forecast: total time / best peer', guest.name, AGAINST_PEERS)];
  const peer = bestPeerFor(ours, guest, OWN);
  if (!peer) return [];
  return [
    ...[
      atMost(
        'forecast: total time / best peer',
        guest.name,
        ratio(ours, peer, 'totalMs'),
        AGAINST_PEERS,
        peer.contender,
      ),
    ],
    atMost(
      'forecast: data / best peer',
      guest.name,
      ratio(ours, peer, 'sentBytes'),
      AGAINST_PEERS,
      peer.contender,
    ),
  ];
}

function againstOracle(guest: GuestComparison): Held[] {
  if (guest.fixed.length === 0) return [];
  return ['forecast', 'forecast='].flatMap((contender) => {
    const ours = guest.rows.get(contender);
    const goal = `${contender}: total time / oracle`;
    if (!alwaysArrives(ours)) return [missed(goal, guest.name, AGAINST_ORACLE)];
    const oracle = oracleFor(ours, guest);
    if (!oracle) return [];
    const note = `limit ${oracle.limitMs} ms`;
    return [atMost(goal, guest.name, ratio(ours, oracle.row, 'totalMs'), AGAINST_ORACLE, note)];
  });
}

function healthy({ name, rows }: GuestComparison): Held[] {
  return ['mp', 'forecast'].flatMap((contender) =>
    (['totalMs', 'sentBytes', 'pauseMs'] as const).map((figure) =>
      atMost(
        `${contender}: ${WORDS[figure]} / stock`,
        name,
        ratio(rows.get(contender), rows.get('stock'), figure),
        HEALTHY,
      ),
    ),
  );
}

const WORDS = { totalMs: 'total time', sentBytes: 'data', pauseMs: 'pause' };

type Figure = keyof typeof WORDS;

/** Of the medians; undefined unless both always arrive. */
export function ratio(ours: Row | undefined, theirs: Row | undefined, figure: Figure): number | undefined {
  if (!alwaysArrives(ours) || !alwaysArrives(theirs)) return undefined;
  const [a, b]: (Range | undefined)[] = [ours[figure], theirs[figure]];
  return a && b && b.median > 0 ? a.median / b.median : undefined;
}

function atMost(goal: string, guest: string, value: number | undefined, limit: number, note = ''): Held {
  return { goal, guest, value, limit, sense: 'at most', met: value !== undefined && value <= limit, note };
}

function atLeast(goal: string, guest: string, value: number | undefined, limit: number): Held {
  const met = value !== undefined && value >= limit;
  return { goal, guest, value, limit, sense: 'at least', met, note: '' };
}

function missed(goal: string, guest: string, limit: number): Held {
  const note = 'it does not always arrive';
  return { goal, guest, value: undefined, limit, sense: 'at most', met: false, note };
}
