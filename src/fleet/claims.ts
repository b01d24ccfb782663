/** Claims as rows. Who adds some holds the lock of `transaction.ts`. */
import type { Queryable } from '../postgres/database.ts';
import { type Capacity, type Claim, type ClaimKind, Ledger } from './ledger.ts';

interface LedgerRow {
  readonly capacities: readonly [kind: ClaimKind, key: string, units: number][];
  /** Of each key as one: a VM claims a row for each GiB. */
  readonly claims: readonly [
    kind: ClaimKind,
    key: string,
    units: readonly number[],
    isAlone: boolean,
    most: number | null,
  ][];
  readonly waiting: readonly [source: string, drain: string | null][];
  readonly highestPriority: number;
}

/** One way to the database: whoever reads it holds the lock that others wait for. */
const LEDGER = `
select
  (select coalesce(json_agg(json_build_array(kind, key, units)), '[]') from fleet.capacity) as capacities,
  (select coalesce(json_agg(json_build_array(kind, key, units, is_alone, most)), '[]') from (
    select kind, key, array_agg(unit) as units, bool_or(is_alone) as is_alone, min(most) as most
    from fleet.claim group by kind, key
  ) as each) as claims,
  (select coalesce(json_agg(json_build_array(source, drain)), '[]') from (
    select distinct source, drain from fleet.move where state = 'queued' and next_try <= now()
  ) as each) as waiting,
  (select coalesce(max(priority), 0) from fleet.drain where ended is null) as "highestPriority"`;

/** Moves of one drain that may leave one host now. */
export interface WaitingAt {
  readonly source: string;
  /** Null: of none. */
  readonly drain: string | null;
}

export interface LedgerRead {
  readonly ledger: Ledger;
  readonly waiting: readonly WaitingAt[];
  /** Of the drains that are not over. */
  readonly highestPriority: number;
}

/** @returns what is free, and which hosts something may leave now @throws {StoreError} */
export async function readLedger(within: Queryable): Promise<LedgerRead> {
  const [row] = await within.query<LedgerRow>(LEDGER);
  const { capacities, claims, waiting, highestPriority } = row as LedgerRow;
  return {
    ledger: new Ledger(
      capacities.map(([kind, key, units]): Capacity => ({ kind, key, units })),
      claims.flatMap(([kind, key, units, isAlone, most]) =>
        units.map((unit): Claim => ({ kind, key, unit, isAlone, most: most ?? undefined })),
      ),
    ),
    waiting: waiting.map(([source, drain]) => ({ source, drain })),
    highestPriority,
  };
}

/** @throws {StoreError} of `sqlState` 23505 where a unit is held by another */
export async function addClaims(within: Queryable, move: string, claims: readonly Claim[]): Promise<void> {
  await within.query(
    `insert into fleet.claim (move, kind, key, unit, is_alone, most)
     select $1, * from unnest($2::text[], $3::text[], $4::int[], $5::boolean[], $6::int[])`,
    [
      move,
      claims.map(({ kind }) => kind),
      claims.map(({ key }) => key),
      claims.map(({ unit }) => unit),
      claims.map(({ isAlone }) => isAlone),
      claims.map(({ most }) => most ?? null),
    ],
  );
}

/** In the transaction that ends the move, and nowhere else. @throws {StoreError} */
export async function freeClaims(within: Queryable, move: string): Promise<void> {
  await within.query('delete from fleet.claim where move = $1', [move]);
}

/**
 * Lowering it takes nothing away: what is admitted runs on, and nothing new comes in until there is room.
 * @param key `*`: of all without a row of their own
 * @param units undefined: as `*` has it
 * @throws {StoreError}
 */
export async function setCapacity(
  database: Queryable,
  kind: ClaimKind,
  key: string,
  units: number | undefined,
): Promise<void> {
  if (units === undefined)
    await database.query('delete from fleet.capacity where kind = $1 and key = $2', [kind, key]);
  else
    await database.query(
      'insert into fleet.capacity values ($1, $2, $3) on conflict (kind, key) do update set units = excluded.units',
      [kind, key, units],
    );
}
