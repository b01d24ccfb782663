/** What is remembered of hosts: how moves to them went lately, and whether anything new may come there. */
import { type Breaker, failedThere, TRUSTED } from '../drain/failures.ts';
import type { Queryable } from '../postgres/database.ts';

export interface HostRecord {
  readonly host: string;
  readonly breaker: Breaker;
  /** By somebody's word; undefined: it is not. */
  readonly cordonedBy: string | undefined;
  /** It is being emptied, or was and is not released. */
  readonly isDrained: boolean;
}

/** For a statement: {@link HostRow}. */
export const HOSTS = `
select coalesce(host.host, drained.host) as host, coalesce(failures, 0) as failures, cordoned_by as "cordonedBy",
  extract(epoch from out_until)::float8 * 1000 as "outUntilMs", drained.host is not null as "isDrained"
from fleet.host full join (
  select distinct host from fleet.drain where kind = 'drain' and (ended is null or outcome = 'expired')
) as drained on drained.host = host.host`;

export interface HostRow {
  readonly host: string;
  readonly failures: number;
  readonly outUntilMs: number | null;
  readonly cordonedBy: string | null;
  readonly isDrained: boolean;
}

/** By host; one without an entry is trusted. @throws {StoreError} */
export async function readHosts(within: Queryable): Promise<ReadonlyMap<string, HostRecord>> {
  return recordsOf(await within.query<HostRow>(HOSTS));
}

export function recordsOf(rows: readonly HostRow[]): ReadonlyMap<string, HostRecord> {
  return new Map(
    rows.map(({ host, failures, outUntilMs, cordonedBy, isDrained }) => [
      host,
      {
        ...{ host, isDrained, cordonedBy: cordonedBy ?? undefined },
        breaker: { failuresInARow: failures, outUntilMs: outUntilMs ?? undefined },
      },
    ]),
  );
}

/** A move to it arrived. In the transaction that writes so. @throws {StoreError} */
export async function arrivedAt(within: Queryable, host: string): Promise<void> {
  await within.query('update fleet.host set failures = 0, out_until = null where host = $1', [host]);
}

/** A move to it failed for something that passes. In the transaction that writes so. @throws {StoreError} */
export async function failedAtHost(within: Queryable, host: string): Promise<void> {
  const [row] = await within.query<{ failures: number; nowMs: number }>(
    `insert into fleet.host (host) values ($1) on conflict (host) do update set host = excluded.host
     returning failures, extract(epoch from clock_timestamp())::float8 * 1000 as "nowMs"`,
    [host],
  );
  const { failures = 0, nowMs = 0 } = row ?? {};
  const { failuresInARow, outUntilMs } = failedThere({ ...TRUSTED, failuresInARow: failures }, nowMs);
  await within.query(
    'update fleet.host set failures = $2, out_until = to_timestamp($3::float8 / 1000) where host = $1',
    [host, failuresInARow, outUntilMs ?? null],
  );
}

/** Nothing new is to come there. @returns whether it is news @throws {StoreError} */
export async function cordonHost(
  within: Queryable,
  host: string,
  by: string,
  reason: string | undefined,
): Promise<boolean> {
  const changed = await within.query(
    `insert into fleet.host (host, cordoned, cordoned_by, cordon_reason) values ($1, now(), $2, $3)
     on conflict (host) do update set cordoned = now(), cordoned_by = excluded.cordoned_by,
       cordon_reason = excluded.cordon_reason where host.cordoned is null returning host`,
    [host, by, reason ?? null],
  );
  return changed.length > 0;
}

/** @returns whether it was cordoned @throws {StoreError} */
export async function uncordonHost(within: Queryable, host: string): Promise<boolean> {
  const changed = await within.query(
    `update fleet.host set cordoned = null, cordoned_by = null, cordon_reason = null
     where host = $1 and cordoned is not null returning host`,
    [host],
  );
  return changed.length > 0;
}
