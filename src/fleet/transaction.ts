/** Transactions of the fleet: none may hold a lock for long, since others wait for it. */
import type { Database, Queryable } from '../postgres/database.ts';

/** Of advisory locks: "swfl" in ASCII. Whoever adds claims, or changes several moves at once, holds it. */
const LOCK = 0x7377666c;

/**
 * A process that is frozen, or whose machine is gone, holds its locks until the database ends it: that is told to the
 * database at the beginning.
 */
export async function inTransaction<T>(
  database: Database,
  longestMs: number,
  doing: (within: Queryable) => Promise<T>,
): Promise<T> {
  const limit = Math.max(1, Math.round(longestMs));
  const settings = {
    idle_in_transaction_session_timeout: limit,
    statement_timeout: limit,
    // What is read of these tables is always in memory. As for a disk, the database would rather read all moves that ever were.
    random_page_cost: 1.1,
  };
  // With the beginning: whoever holds a lock holds it up by each way to the database.
  const mode = Object.entries(settings).map(([name, value]) => `; set local ${name} = ${value}`);
  return await database.transaction(doing, { mode: mode.join('') });
}

/** Waits for the lock. */
export async function lockClaims(within: Queryable): Promise<void> {
  await within.query('select pg_advisory_xact_lock($1)', [LOCK]);
}

/** @returns whether it is ours until the transaction ends */
export async function tryLockClaims(within: Queryable): Promise<boolean> {
  const [row] = await within.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [LOCK]);
  return row?.mine === true;
}
