/** A person decides what is done with one VM of a drain, whatever its own word is. */
import type { Decision } from '../drain/own-word.ts';
import { DrainError } from '../drain/reduce.ts';
import type { Database } from '../postgres/database.ts';
import { tell } from './events.ts';
import { hasEnded, holdsClaims, MOVE_COLUMNS, type Move } from './move.ts';
import { inTransaction, lockClaims } from './transaction.ts';

export interface Decided {
  readonly decision: Decision;
  /** Who says so. */
  readonly by: string;
  /** Settings for it alone, such as a longer pause: they go before all others. */
  readonly stated?: Readonly<Record<string, unknown>>;
}

const LONGEST_MS = 15_000;

const NEWEST = `
select ${MOVE_COLUMNS} from fleet.move where drain = $1 and (vm = $2 or name = $2) order by created desc limit 1`;

const LEAVE = `
update fleet.move set state = 'left', ended = clock_timestamp(), decided_by = $2, code = 'by-hand', words = $2 || ' said so',
  remedy = null where id = $1`;

/** As if nothing had been tried. */
const GO = `
update fleet.move set state = 'queued', way = $2, decided_by = $3, stated = stated || $4::jsonb, tries = 0, code = null,
  words = null, remedy = null, refused = '{}', failed_at = null, next_try = now(),
  -- Nobody waits for a calmer moment of it any more.
  waits_calm = false, looking_until = null, calm_until = case when calm_until is not null then now() end where id = $1`;

/** What is over stays as it was. */
const AGAIN = `
insert into fleet.move (drain, vm, name, source, link, cluster, memory_gib, memory_bytes, intensive, calm_among, priority, position, apart, way,
  decided_by, stated)
select drain, vm, name, source, link, cluster, memory_gib, memory_bytes, intensive, calm_among, priority, position, apart, $2, $3, stated || $4::jsonb
from fleet.move where id = $1`;

/**
 * @param which the VM's UUID or name
 * @throws {DrainError} with a sentence, where the drain has no such VM, or nothing can be decided of it @throws {StoreError}
 */
export async function decideVm(
  database: Database,
  drain: string,
  which: string,
  { decision, by, stated = {} }: Decided,
): Promise<void> {
  await inTransaction(database, LONGEST_MS, async (within) => {
    await lockClaims(within);
    const [over] = await within.query<{ outcome: string }>(
      'select outcome from fleet.drain where id = $1 and ended is not null',
      [drain],
    );
    if (over) throw new DrainError(`the drain has ended: it was ${over.outcome}`);
    const [move] = await within.query<Move>(NEWEST, [drain, which]);
    if (!move) throw new DrainError(`the drain has no VM of the name or UUID ${which}`);
    const { id, state, name } = move;
    if (holdsClaims(state) || (hasEnded(state) && state !== 'left'))
      throw new DrainError(`${name} is ${WORDS[state] ?? state} already: there is nothing to decide`);
    if (decision !== 'leave')
      await within.query(state === 'left' ? AGAIN : GO, [id, decision, by, JSON.stringify(stated)]);
    else if (state !== 'left') await within.query(LEAVE, [id, by]);
    await tell(within, { kind: 'decided', move: id, drain, data: { decision, by, stated } });
  });
}

const WORDS: Readonly<Record<string, string>> = {
  admitted: 'on its way',
  starting: 'on its way',
  moving: 'on its way',
  stopping: 'shutting down',
  unknown: 'on its way, and it is not certain where it runs; it is so',
};
