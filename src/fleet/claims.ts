/** Claims as rows. Who adds some holds the lock of `transaction.ts`. */
import type { Queryable } from '../postgres/database.ts';
import { type Capacity, type Claim, type ClaimKind, Ledger } from './ledger.ts';

/** @throws {StoreError} */
export async function readLedger(within: Queryable): Promise<Ledger> {
  const capacities = await within.query<Capacity>('select kind, key, units from fleet.capacity');
  const claims = await within.query<Claim>('select kind, key, unit, is_alone as "isAlone" from fleet.claim');
  return new Ledger(capacities, claims);
}

/** @throws {StoreError} of `sqlState` 23505 where a unit is held by another */
export async function addClaims(within: Queryable, move: string, claims: readonly Claim[]): Promise<void> {
  await within.query(
    `insert into fleet.claim (move, kind, key, unit, is_alone)
     select $1, * from unnest($2::text[], $3::text[], $4::int[], $5::boolean[])`,
    [
      move,
      claims.map(({ kind }) => kind),
      claims.map(({ key }) => key),
      claims.map(({ unit }) => unit),
      claims.map(({ isAlone }) => isAlone),
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
