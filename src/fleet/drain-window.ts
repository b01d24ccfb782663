/** When a drain with windows may begin moves next: written into its row, by which every controller admits. */
import type { Opening } from '../drain/opening.ts';
import { NO_WINDOW, type Openings } from '../drain/openings.ts';
import { parseWindow } from '../drain/window.ts';
import type { Queryable } from '../postgres/database.ts';
import type { DrainRow } from './drain-rows.ts';
import type { DrainSettings } from './drain-settings.ts';
import { tell } from './events.ts';

/** @returns undefined: it may at any time, or there will be no such time any more @throws {UnitError} */
export async function openingOf(
  { windows = [] }: Pick<DrainSettings, 'windows'>,
  nowMs: number,
): Promise<Opening | undefined> {
  if (windows.length === 0) return undefined;
  // Its library is loaded only where there are any.
  const { openingAt } = await import('../drain/opening.ts');
  return openingAt(windows.map(parseWindow), nowMs);
}

/**
 * All of them from then on, by whose times plans go.
 * @param nowMs since 1970: from then on their times are counted
 * @param first the one that is written down
 * @returns undefined: moves may begin at any time @throws {UnitError}
 */
export async function openingsOf(
  windows: readonly string[] | undefined,
  nowMs: number,
  first?: Opening,
): Promise<Openings | undefined> {
  if (!first && (!windows || windows.length === 0)) return undefined;
  const { openingsSince } = await import('../drain/opening.ts');
  return openingsSince((windows ?? []).map(parseWindow), nowMs, first);
}

const IS_OPEN = 'coalesce(drain.opens <= now(), true) and coalesce(drain.closes > now(), true)';

/** Whether the windows of `drain` let `move` begin: `mayBegin` in SQL. */
export const WINDOW_LETS = `(${IS_OPEN}
    and coalesce(move.expects_ms * interval '1 ms' <= drain.closes - now()
      or move.expects_ms * interval '1 ms' > drain.closes - drain.opens, true))`;

const lets = (window: string) => `(drain.intent = 'go' and drain.ended is null and ${window}
    and coalesce(drain.deadline > now(), true))`;

/** Whether `drain` lets anything begin now. */
export const DRAIN_LETS = lets(IS_OPEN);

/** Whether it lets `move` begin, by how long that takes, too. */
export const DRAIN_LETS_MOVE = lets(WINDOW_LETS);

/** One sentence. */
export function neverOpens(windows: readonly string[]): string {
  return `${windows.join(', ')}: there will be no such time any more, so no move could begin`;
}

const HOLD_QUEUED = `
update fleet.move set state = 'held', waits_calm = false, looking_until = null, code = $2, words = $3, remedy = $4
from fleet.drain
where move.drain = $1 and drain.id = $1 and move.state = 'queued' and drain.closes <= now() returning move.id`;

const NAME_ANOTHER = 'name a window in which it may, with --window, in the same command again';

/**
 * Once one is over the next is written; where none will come, what is queued is held. Not before: controllers on machines in other time zones would not agree.
 * @throws {StoreError}
 */
export async function keepWindow(
  within: Queryable,
  { id, nowMs, closesMs }: Pick<DrainRow, 'id' | 'nowMs' | 'closesMs'>,
  settings: Pick<DrainSettings, 'windows'>,
): Promise<void> {
  if (closesMs === null || closesMs > nowMs) return;
  const next = await openingOf(settings, nowMs);
  if (!next) {
    const words = neverOpens(settings.windows ?? []);
    const held = await within.query<{ id: string }>(HOLD_QUEUED, [id, NO_WINDOW, words, NAME_ANOTHER]);
    for (const move of held)
      await tell(within, {
        kind: 'held',
        drain: id,
        move: move.id,
        data: { code: NO_WINDOW, words, remedy: NAME_ANOTHER },
      });
    return;
  }
  const written = await within.query(
    `update fleet.drain set opens = to_timestamp($2 / 1000.0), closes = to_timestamp($3 / 1000.0), revision = revision + 1
     where id = $1 and closes <= now() returning id`,
    [id, next.opensMs, next.closesMs],
  );
  if (written.length > 0) await tell(within, { kind: 'drain-window', drain: id, data: { ...next } });
}
