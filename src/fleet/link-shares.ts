/**
 * What each migration may take of its links, where drains state what all of theirs may: shared evenly, and what one cannot take
 * on a link, as its other link is fuller, goes to the others there. Shared anew whenever one begins or ends.
 */
import type { Queryable } from '../postgres/database.ts';
import { linkFrom, linkTo } from './drain-settings.ts';

export interface OnLinks {
  /** The move's id. */
  readonly id: string;
  readonly links: readonly string[];
}

/** Bytes per second: for all migrations on that link together. */
export type LinkBudgets = ReadonlyMap<string, number>;

/**
 * Max-min fair: the link whose moves would get least each is shared first, then the next with what is left of it
 * (Bertsekas and Gallager, Data Networks, 6.5.2).
 * @returns bytes per second by the move's id; of one that is on no such link: nothing
 */
export function sharesOf(moves: readonly OnLinks[], budgets: LinkBudgets): Map<string, number> {
  const shares = new Map<string, number>();
  const left = new Map(budgets);
  for (;;) {
    const waiting = moves.filter(({ id }) => !shares.has(id));
    const [narrowest] = [...left]
      .map(([link, bytesPerSecond]) => {
        const there = waiting.filter(({ links }) => links.includes(link));
        return { there, each: Math.max(0, bytesPerSecond) / there.length };
      })
      .filter(({ there }) => there.length > 0)
      .sort((a, b) => a.each - b.each);
    if (!narrowest) return shares;
    for (const { id, links } of narrowest.there) {
      shares.set(id, narrowest.each);
      for (const link of links) {
        const rest = left.get(link);
        if (rest !== undefined) left.set(link, rest - narrowest.each);
      }
    }
  }
}

const BUDGETS = `
select host, settings->'to' as to, (settings->>'linkBudgetBytesPerSecond')::float8 as budget
from fleet.drain where ended is null and settings ? 'linkBudgetBytesPerSecond'`;

/**
 * One that is let in and has not begun will take its share at once, unless its guest has its notice until then; what others began
 * takes one, too.
 */
const ON_THE_WAY = `
select id, source, destination from fleet.move
where state in ('admitted', 'starting', 'moving') and way = 'move' and destination is not null
  and (state <> 'admitted' or coalesce(notice_until <= now(), true))`;

/** @returns by the move's id; empty where no drain has such a budget @throws {StoreError} */
export async function readShares(within: Queryable): Promise<ReadonlyMap<string, number>> {
  const drains = await within.query<{ host: string; to: { uri: string }[]; budget: number }>(BUDGETS);
  if (drains.length === 0) return new Map();
  const budgets = new Map<string, number>();
  for (const { host, to, budget } of drains)
    for (const link of [linkFrom(host), ...to.map(({ uri }) => linkTo(uri))])
      budgets.set(link, Math.min(budget, budgets.get(link) ?? Number.POSITIVE_INFINITY));
  const moves = await within.query<{ id: string; source: string; destination: string }>(ON_THE_WAY);
  return sharesOf(
    moves.map(({ id, source, destination }) => ({ id, links: [linkFrom(source), linkTo(destination)] })),
    budgets,
  );
}
