/** A person's word for one VM of a drain: it may stand still for so long. */
import type { Database } from '../postgres/database.ts';
import { releaseHeld } from './drains.ts';
import { tell } from './events.ts';
import { inTransaction } from './transaction.ts';

const LONGEST_MS = 15_000;

export interface AllowedPause {
  readonly drain: string;
  /** Its move's id. */
  readonly move: string;
  /** By its name a drain's settings know it. */
  readonly name: string;
  readonly maxDowntimeMs: number;
}

/** It is written down, and the VM is tried again. @returns whether it was held @throws {StoreError} */
export async function allowPause(
  database: Database,
  { drain, move, name, maxDowntimeMs }: AllowedPause,
): Promise<boolean> {
  const isWritten = await inTransaction(database, LONGEST_MS, async (within) => {
    const changed = await within.query(
      `update fleet.drain set revision = revision + 1,
         settings = jsonb_set(settings, '{allowed}',
           coalesce(settings -> 'allowed', '{}') || jsonb_build_object($2::text, $3::float8))
       where id = $1 and ended is null returning id`,
      [drain, name, maxDowntimeMs],
    );
    if (changed.length > 0)
      await tell(within, { kind: 'pause-allowed', drain, move, data: { maxDowntimeMs } });
    return changed.length > 0;
  });
  return isWritten && (await releaseHeld(database, move));
}
