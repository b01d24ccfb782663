/** Which journals are of moves of VMs: a drain leaves its move's id in each. */
import type { Queryable } from '../../postgres/database.ts';
import { NEWEST_FIRST } from './journal-tables.ts';

export interface MoveOfVm {
  /** The VM's UUID. */
  readonly vm: string;
  /** The move's id, in small letters. */
  readonly move: string;
}

/** Of a VM's journals: older ones are of earlier moves. */
const NEWEST = 20;

/** By the move, the newest: one that is tried again has another one each time. @throws {StoreError} */
export async function rowsOfMoves(
  database: Queryable,
  moves: readonly MoveOfVm[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await database.query<{ move: string; id: string }>(
    `select wanted.move, found.id from unnest($1::text[], $2::text[]) as wanted (vm, move) cross join lateral (
       select id from (
         select id, stamped, searched from switchover.journal where vm_uuid = wanted.vm ${NEWEST_FIRST} limit ${NEWEST}
       ) as newest where strpos(searched, wanted.move) > 0 ${NEWEST_FIRST} limit 1
     ) as found`,
    [moves.map(({ vm }) => vm), moves.map(({ move }) => move)],
  );
  return new Map(rows.map(({ move, id }) => [move, id]));
}
