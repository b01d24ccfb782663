/** VMs that are to wait for a calmer moment although they did not from the beginning of their drain on. */
import { beginNow, CALMER_MOMENT } from '../drain/calm.ts';
import type { Queryable } from '../postgres/database.ts';
import type { DrainSettings } from './drain-settings.ts';
import { tell } from './events.ts';
import type { Move } from './move.ts';

/** Where the drain lets VMs wait, and nobody has decided of this one. `$1`: the move. */
const BOUND = `
select extract(epoch from coalesce(move.calm_until, least(
    now() + (drain.settings->>'calmWithinMs')::float8 * interval '1 ms',
    drain.deadline - coalesce(move.expects_ms, 300000) * interval '1 ms')))::float8 * 1000 as "untilMs",
  extract(epoch from now())::float8 * 1000 as "nowMs"
from fleet.move join fleet.drain on drain.id = move.drain
where move.id = $1 and move.decided_by is null and drain.intent <> 'cancelled' and drain.settings->>'startWhen' = 'calm'`;

/**
 * Of a move that broke off because no pause within its limits was possible.
 * @returns until when it may wait for a calmer moment, in milliseconds since 1970; undefined: it may not, or no longer
 * @throws {StoreError}
 */
export async function mayWaitAgain(within: Queryable, { id }: Pick<Move, 'id'>): Promise<number | undefined> {
  const [row] = await within.query<{ untilMs: number | null; nowMs: number }>(BOUND, [id]);
  return row && row.untilMs !== null && row.untilMs > row.nowMs ? row.untilMs : undefined;
}

/** Of one that is queued by now, in the same transaction. @throws {StoreError} */
export async function waitAgain(
  within: Queryable,
  { id, name }: Pick<Move, 'id' | 'name'>,
  untilMs: number,
): Promise<void> {
  await within.query(
    `update fleet.move set waits_calm = true, was_calm = false, calm_since = coalesce(calm_since, now()), calm_until = to_timestamp($2 / 1000.0),
       code = $3, remedy = $4
     where id = $1 and state = 'queued'`,
    [id, untilMs, CALMER_MOMENT, beginNow(name)],
  );
}

const ALL_BEGIN = `
update fleet.move set waits_calm = false, looking_until = null, code = null, words = null, remedy = null, next_try = now()
where drain = $1 and state = 'queued' and waits_calm returning id`;

/** The first look at each, which is at once, tells until when exactly. */
const ALL_WAIT = `
update fleet.move set state = 'queued', waits_calm = true, was_calm = false, calm_since = now(), tries = 0, next_try = now(),
  calm_until = coalesce(least(now() + (drain.settings->>'calmWithinMs')::float8 * interval '1 ms', drain.deadline), now()),
  code = $2, words = 'it is looked at first', remedy = null
from fleet.drain
where move.drain = $1 and drain.id = $1 and decided_by is null and way = 'move' and not waits_calm
  and ((move.state = 'held' and code = 'no-pause-fits') or (move.state = 'queued' and intensive and code is null))
returning move.id`;

/** What is wanted of a drain that there is already: whether those of its VMs that are busy wait. @throws {StoreError} */
export async function startWhen(
  within: Queryable,
  drain: string,
  { startWhen }: Pick<DrainSettings, 'startWhen'>,
): Promise<void> {
  const isCalm = startWhen === 'calm';
  const changed = await within.query(
    isCalm ? ALL_WAIT : ALL_BEGIN,
    isCalm ? [drain, CALMER_MOMENT] : [drain],
  );
  if (changed.length > 0)
    await tell(within, {
      kind: isCalm ? 'calm-waits' : 'calm-waits-over',
      drain,
      data: { moves: changed.length },
    });
}
