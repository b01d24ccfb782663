/**
 * Which waiting moves may begin: one transaction under the lock of claims, by any controller. Either all that it decided is
 * written, or nothing happened.
 */
import { CAPACITY_CODES } from '../drain/failures.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { readLedger, type WaitingAt } from './claims.ts';
import { DRAIN_LETS_MOVE } from './drain-window.ts';
import { tell } from './events.ts';
import { CHANNEL } from './fleet-tables.ts';
import type { Claim, Ledger } from './ledger.ts';
import { ACTIVE_STATES, isAlone, MOVE_COLUMNS, type Move } from './move.ts';
import { linksOf, type Place, type Placed, shareOf, wantedBy } from './placement.ts';
import { inTransaction, tryLockClaims } from './transaction.ts';

export interface AdmissionOptions {
  readonly place: Place;
  /** Reads what `place` goes by, after what is free was read: what a move left behind as it freed its slot is seen. */
  readonly prepare?: (within: Queryable) => Promise<void>;
  /** Of which the controller has programs; a drain that needs others is left to others. */
  readonly stages?: readonly string[];
  readonly controller: string;
  /** How long the database lets this transaction stand still. */
  readonly longestMs: number;
}

/** A move in its turn. */
export interface Candidate extends Move {
  readonly drainPriority: number;
  /** Among the waiting of its drain, on its source; from 0. */
  readonly rank: number;
  /** How many of its drain run already. */
  readonly running: number;
  /** It was put off until there is room, and is asked again before its time. */
  readonly isPutOff: boolean;
}

/** Some cannot begin although their source has room: others behind them may. */
const LOOK_AHEAD = 4;
/** Where a source has no limit. */
const MOST_OF_SOURCE = 50;
/** Where no destination has room: until it is asked again, so that others get their turn. */
const WAIT_MS = 2000;
/** That were put off and are asked again before others get what is free. */
const MOST_PUT_OFF = 50;

/** Those whose drain lets them begin now. */
const MAY_BEGIN = `move.state = 'queued' and move.intent = 'go' and not move.waits_calm
  and (drain.id is null or (${DRAIN_LETS_MOVE}
    and coalesce(drain.settings->'hooks', '[]') <@ $1::jsonb
    and (drain.before_host = 'done' or not coalesce(drain.settings->'hooks', '[]') ? 'before-host')))`;

/** A VM's own priority is of the order within its drain. */
const IN_DRAIN = 'move.priority desc, move.position, move.created, move.id';

/** Counted once for all drains: for each candidate anew it would be most of what an admission takes. */
const ACTIVE = `
active as materialized (
  select drain, count(*)::int as running from fleet.move
  where state in (${ACTIVE_STATES}) and drain is not null group by drain
)`;

/** @param among what it is ranked among, where that is not all that is selected */
const candidate = (among: string, isPutOff: boolean) => `${MOVE_COLUMNS},
  coalesce(drain.priority, 0) as "drainPriority", ${isPutOff} as "isPutOff",
  coalesce((select running from active where active.drain = move.drain), 0) as running,
  (row_number() over (${among} order by ${IN_DRAIN}))::int - 1 as rank`;

/** Of each drain as many as its source can use, so that no long drain hides the others. */
const CANDIDATES = `
with ${ACTIVE}
select candidate.* from unnest($2::text[], $3::uuid[], $4::int[]) as room (source, drain, most)
cross join lateral (
  select ${candidate('', false)}
  from fleet.move left join fleet.drain on drain.id = move.drain
  where move.source = room.source and move.drain is not distinct from room.drain
    and move.next_try <= now() and ${MAY_BEGIN}
  order by ${IN_DRAIN} limit room.most
) as candidate`;

/** Those of a higher priority that wait for room: what has come free meanwhile is theirs first. */
const PUT_OFF = `
with ${ACTIVE}
select ${candidate('partition by move.drain', true)}
from fleet.move join fleet.drain on drain.id = move.drain
where drain.priority > $2 and move.next_try > now() and move.code = any($3) and ${MAY_BEGIN}
  -- One that the start found no room for is given its time.
  and move.admitted is null
order by drain.priority desc, ${IN_DRAIN} limit ${MOST_PUT_OFF}`;

/** Those who listen are told once it is committed. */
const ADMIT = `
with given as (
  select * from jsonb_to_recordset($1) as given (id uuid, vm text, drain uuid, destination text)
), admitted as (
  update fleet.move set state = 'admitted', destination = given.destination, admitted = clock_timestamp(), code = null,
    words = null, remedy = null, notice = null, notice_until = null, notice_words = null,
    -- One that was put off is taken up at once.
    next_try = least(next_try, now())
  from given where move.id = given.id
), claimed as (
  insert into fleet.claim (move, kind, key, unit, is_alone, most)
  select move, kind, key, unit, "isAlone", most
  from jsonb_to_recordset($2) as taken (move uuid, kind text, key text, unit int, "isAlone" boolean, most int)
), leased as (
  -- So that a controller can take it.
  insert into fleet.lease (vm) select vm from given on conflict do nothing
), told as (
  insert into fleet.event (kind, move, drain, controller, data)
  select 'admitted', id, drain, $3::uuid, jsonb_build_object('destination', destination) from given
)
select pg_notify($4, id::text) from given`;

interface Admitted {
  readonly move: Candidate;
  readonly destination: string | null;
  readonly claims: readonly Claim[];
}

/** @returns the ids of the moves that may begin; undefined when another controller admits right now @throws {StoreError} */
export async function admit(
  database: Database,
  options: AdmissionOptions,
): Promise<readonly string[] | undefined> {
  return await inTransaction(database, options.longestMs, async (within) => {
    if (!(await tryLockClaims(within))) return undefined;
    const { ledger, waiting, highestPriority } = await readLedger(within);
    if (waiting.length === 0) return [];
    const stages = JSON.stringify(options.stages ?? []);
    const due = await candidatesOf(within, waiting, ledger, stages);
    const candidates = [...due, ...(await putOffBefore(within, due, highestPriority, stages))];
    if (candidates.length === 0) return [];
    await options.prepare?.(within);
    const admitted: Admitted[] = [];
    for (const candidate of inFairOrder(candidates)) {
      // It uses no link, and what it takes of its own host's memory it had before.
      if (candidate.way !== 'move') {
        const destination = candidate.way === 'start' ? candidate.source : null;
        admitted.push({ move: candidate, destination, claims: [] });
        continue;
      }
      const placed = placeOne(candidate, ledger, options.place);
      if (typeof placed === 'string') continue;
      if ('destination' in placed) {
        const { destination, links } = placed;
        const claims = ledger.take(wantedBy(candidate, destination, links));
        admitted.push({ move: candidate, destination, claims });
      } else if (!candidate.isPutOff) await putOff(within, candidate, placed, options.controller);
    }
    await write(within, admitted, options.controller);
    return admitted.map(({ move }) => move.id);
  });
}

/** Higher priorities first; among drains of one, who has least running. Pure. */
export function inFairOrder(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.toSorted(
    (a, b) =>
      b.drainPriority - a.drainPriority ||
      a.running + a.rank - (b.running + b.rank) ||
      a.rank - b.rank ||
      (a.id < b.id ? -1 : 1),
  );
}

/**
 * Where it goes, if what it takes is free. One that needs a link alone and does not get it lets nothing else on that link in
 * this pass: it would never be idle otherwise. Changes the ledger's reservations only.
 */
export function placeOne(candidate: Move, ledger: Ledger, place: Place): Placed | 'no room' {
  if (ledger.free('source', candidate.source) < 1 || ledger.free('cluster', candidate.cluster) < 1)
    return 'no room';
  if (!hasLinks(candidate, [candidate.link], ledger)) return 'no room';
  const placed = place(candidate, ledger);
  if (typeof placed === 'string' || !('destination' in placed)) return placed;
  const { destination, links } = placed;
  if (!hasLinks(candidate, linksOf(candidate, links), ledger)) return 'no room';
  return ledger.fits(wantedBy(candidate, destination, links)) ? placed : 'no room';
}

function hasLinks(move: Move, links: readonly string[], ledger: Ledger): boolean {
  const taken = links.filter((key) => !ledger.fits([{ kind: 'link', key, ...shareOf(move) }]));
  if (isAlone(move)) for (const link of taken) ledger.reserve('link', link);
  return taken.length === 0;
}

async function candidatesOf(
  within: Queryable,
  waiting: readonly WaitingAt[],
  ledger: Ledger,
  stages: string,
): Promise<readonly Candidate[]> {
  const most = waiting.map(({ source }) => {
    const free = Math.min(ledger.free('source', source), MOST_OF_SOURCE);
    return free === 0 ? 0 : free + LOOK_AHEAD;
  });
  return await within.query<Candidate>(CANDIDATES, [
    ...[stages, waiting.map(({ source }) => source), waiting.map(({ drain }) => drain), most],
  ]);
}

/** None is asked for where all are of one priority. */
async function putOffBefore(
  within: Queryable,
  due: readonly Candidate[],
  highestPriority: number,
  stages: string,
): Promise<readonly Candidate[]> {
  const lowest = Math.min(...due.map(({ drainPriority }) => drainPriority));
  if (due.length === 0 || lowest >= highestPriority) return [];
  return await within.query<Candidate>(PUT_OFF, [stages, lowest, CAPACITY_CODES]);
}

/** All in one statement: each way to the database would hold up everybody else's admissions. */
async function write(within: Queryable, admitted: readonly Admitted[], controller: string): Promise<void> {
  if (admitted.length === 0) return;
  const moves = admitted.map(({ move: { id, vm, drain }, destination }) => ({ id, vm, drain, destination }));
  const claims = admitted.flatMap(({ move, claims }) => claims.map((claim) => ({ ...claim, move: move.id })));
  await within.query(ADMIT, [JSON.stringify(moves), JSON.stringify(claims), controller, CHANNEL]);
}

/** So that a controller can take it. @throws {StoreError} */
export async function ensureLease(within: Queryable, vm: string): Promise<void> {
  await within.query('insert into fleet.lease (vm) values ($1) on conflict do nothing', [vm]);
}

async function putOff(
  within: Queryable,
  move: Candidate,
  placed: Exclude<Placed, { destination: string } | string>,
  controller: string,
): Promise<void> {
  const isHeld = 'hold' in placed;
  const { code, words, remedy } = isHeld ? placed.hold : placed.wait;
  await within.query(
    `update fleet.move set state = $2, code = $3, words = $4, next_try = now() + $5 * interval '1 ms', remedy = $6
     where id = $1`,
    [move.id, isHeld ? 'held' : 'queued', code, words, isHeld ? 0 : WAIT_MS, remedy ?? null],
  );
  // One that goes on waiting for the same reason is no news.
  if (isHeld || move.code !== code)
    await tell(within, {
      ...{ kind: isHeld ? 'held' : 'waits', move: move.id, drain: move.drain, controller },
      data: { code, words, remedy },
    });
}
