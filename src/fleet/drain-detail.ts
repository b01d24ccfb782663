/** What a page and an API tell of drains beyond how they stand: when each move began, what destinations have promised, who cordoned them. */
import type { Queryable } from '../postgres/database.ts';
import { ACTIVE_STATES } from './move.ts';

const ms = (column: string) => `extract(epoch from ${column})::float8 * 1000`;

export interface DrainDetail {
  /** Rises with what is wanted of it, and with its state. */
  readonly revision: number;
  readonly endedMs: number | null;
  /** The newest of what happened to it; 0: nothing did. */
  readonly lastEvent: number;
  readonly moves: ReadonlyMap<string, MoveTimes>;
  /** Its row beside its settings, which others may have changed. */
  readonly looksEmptySinceMs: number | null;
}

/** Of the newest move of a VM, by the database's clock. */
export interface MoveTimes {
  /** When it was let in, or its guest has had its notice. */
  readonly beginsMs: number | null;
  readonly endedMs: number | null;
}

/** @returns undefined where there is no such drain @throws {StoreError} */
export async function readDrainDetail(within: Queryable, drain: string): Promise<DrainDetail | undefined> {
  const [row] = await within.query<Omit<DrainDetail, 'moves'>>(
    `select revision::float8 as revision, ${ms('ended')} as "endedMs", ${ms('empty_since')} as "looksEmptySinceMs",
       coalesce((select max(id) from fleet.event where event.drain = $1), 0)::float8 as "lastEvent"
     from fleet.drain where id = $1`,
    [drain],
  );
  if (!row) return undefined;
  const times = await within.query<MoveTimes & { readonly vm: string }>(
    `select distinct on (vm) vm, ${ms('greatest(admitted, notice_until)')} as "beginsMs", ${ms('ended')} as "endedMs"
     from fleet.move where drain = $1 order by vm, created desc`,
    [drain],
  );
  return { ...row, moves: new Map(times.map(({ vm, ...each }) => [vm, each])) };
}

export interface HostLoad {
  /** Promised to VMs that are on their way to it, of whichever drain, in GiB. */
  readonly promisedGib: number;
  /** How many are. */
  readonly coming: number;
  readonly cordon: Cordon | undefined;
}

export interface Cordon {
  readonly by: string;
  readonly reason: string | null;
  readonly sinceMs: number;
}

const LOADS = `
select host as "host", coalesce(gib, 0)::int as "promisedGib", coalesce(coming, 0)::int as coming, cordoned_by as by,
  cordon_reason as reason, ${ms('cordoned')} as "sinceMs"
from (select key as host, count(*) as gib from fleet.claim where kind = 'memory' group by key) as promised
full join (select destination as host, count(*) as coming from fleet.move
  where state in (${ACTIVE_STATES}) and destination is not null group by destination) as under_way using (host)
full join (select host, cordoned, cordoned_by, cordon_reason from fleet.host where cordoned is not null) as cordons using (host)`;

interface LoadRow {
  readonly host: string;
  readonly promisedGib: number;
  readonly coming: number;
  readonly by: string | null;
  readonly reason: string | null;
  readonly sinceMs: number | null;
}

/** Hosts of which there is something to say. @throws {StoreError} */
export async function readHostLoads(within: Queryable): Promise<ReadonlyMap<string, HostLoad>> {
  const rows = await within.query<LoadRow>(LOADS);
  return new Map(
    rows.map(({ host, promisedGib, coming, by, reason, sinceMs }) => [
      host,
      {
        ...{ promisedGib, coming },
        cordon: by === null || sinceMs === null ? undefined : { by, reason, sinceMs },
      },
    ]),
  );
}

export interface DrainHappening {
  readonly id: number;
  readonly atMs: number;
  readonly kind: string;
  /** Of the VM that it happened to; null: to the drain. */
  readonly vm: string | null;
  readonly name: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  /** No older one will be seen any more: all that were being written then are written, or never will be. */
  readonly isSettled: boolean;
}

/** Longer than any transaction of the fleet's may take. */
const SETTLED_AFTER = "interval '20 seconds'";

/** The oldest first. @param after the number of the last one that is known @throws {StoreError} */
export async function readHappenings(
  within: Queryable,
  drain: string,
  after: number,
  most: number,
): Promise<readonly DrainHappening[]> {
  return await within.query<DrainHappening>(
    `select event.id::float8 as id, ${ms('at')} as "atMs", kind, vm, name,
       case when kind = 'drain-planned' then '{}' else data end as data,
       at < clock_timestamp() - ${SETTLED_AFTER} as "isSettled"
     from fleet.event left join fleet.move on move.id = event.move
     where event.drain = $1 and event.id > $2 order by event.id limit $3`,
    [drain, after, most],
  );
}
