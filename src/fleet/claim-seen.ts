/**
 * Limits count what runs on the hosts, not what we began: a migration that others started takes its claims when it is seen,
 * even beyond a limit. It is then looked after as ours are, and never cancelled.
 */
import type { Database, Queryable } from '../postgres/database.ts';
import { ensureLease } from './admission.ts';
import { addClaims, freeClaims, readLedger } from './claims.ts';
import { tell } from './events.ts';
import { gibOf, MOVE_COLUMNS, type Move } from './move.ts';
import type { Seen } from './mover.ts';
import { wantedBy } from './placement.ts';
import { inTransaction, lockClaims } from './transaction.ts';

/**
 * One that is over by now does no harm: whoever takes it finds out by asking.
 * @param ask tells what runs on the hosts
 * @returns how many were not known @throws {StoreError} or what `ask` throws
 */
export async function claimSeen(
  database: Database,
  ask: () => Promise<readonly Seen[]>,
  { controller, longestMs }: { readonly controller: string; readonly longestMs: number },
): Promise<number> {
  // Before it is asked, too: one of ours may end while the hosts answer.
  const ours = await waysOf(database);
  const strangers = await unknownOf(
    database,
    (await ask()).filter((each) => !ours.has(wayOf(each))),
  );
  if (strangers.length === 0) return 0;
  return await inTransaction(database, longestMs, async (within) => {
    await lockClaims(within);
    let claimed = 0;
    // Again: another controller may have seen them too.
    for (const each of await unknownOf(within, strangers)) {
      const move = await adopt(within, each);
      await freeClaims(within, move.id);
      const { ledger } = await readLedger(within);
      const wanted = wantedBy({ ...move, calmAmong: null }, each.destination, each.links);
      await addClaims(within, move.id, ledger.takeSeen(wanted));
      await ensureLease(within, each.vm);
      const { source, destination } = each;
      await tell(within, {
        ...{ kind: 'foreign-seen', move: move.id, drain: move.drain, controller },
        data: { source, destination },
      });
      claimed += 1;
    }
    return claimed;
  });
}

/** Ours, and those that are claimed already, are left out. */
async function unknownOf(within: Queryable, seen: readonly Seen[]): Promise<readonly Seen[]> {
  if (seen.length === 0) return [];
  const known = await waysOf(within);
  return seen.filter((each) => !known.has(wayOf(each)));
}

async function waysOf(within: Queryable): Promise<ReadonlySet<string>> {
  const known = await within.query<Way>(
    "select vm, source, destination from fleet.move where state in ('starting', 'moving', 'unknown')",
  );
  return new Set(known.map(wayOf));
}

type Way = Pick<Seen, 'vm' | 'source' | 'destination'>;

function wayOf({ vm, source, destination }: Way): string {
  return `${vm} ${source} ${destination}`;
}

/** The VM's own move goes on as that migration; one that has none gets one. */
async function adopt(within: Queryable, seen: Seen): Promise<Move> {
  const { vm, name, source, destination, links, memoryBytes } = seen;
  const [adopted] = await within.query<Move>(
    `update fleet.move set state = 'moving', is_foreign = true, source = $2, destination = $3, next_try = now(),
       admitted = clock_timestamp(), code = null, words = null, remedy = null
     where vm = $1 and ended is null returning ${MOVE_COLUMNS}`,
    [vm, source, destination],
  );
  if (adopted) return adopted;
  const [made] = await within.query<Move>(
    `insert into fleet.move (vm, name, source, destination, link, memory_gib, memory_bytes, state, is_foreign, admitted)
     values ($1, $2, $3, $4, $5, ${gibOf('$6::bigint')}, $6, 'moving', true, clock_timestamp()) returning ${MOVE_COLUMNS}`,
    [vm, name, source, destination, links[0] ?? source, memoryBytes],
  );
  return made as Move;
}
