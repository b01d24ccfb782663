import type { Queryable } from '../../postgres/database.ts';
import type { RecentJournal, RecentQuery } from '../recent-journals.ts';
import { NEWEST_FIRST } from './journal-tables.ts';

const STAMPED = "($2 ~ '^[0-9]{8}T[0-9]{6}[.-]')";

/** The newest first, by an index each, whatever there is; a search goes through them in that order. @throws {StoreError} */
export async function recentRows(
  database: Queryable,
  { limit, before, q, outcome }: RecentQuery,
): Promise<readonly RecentJournal[]> {
  const conditions = ['true'];
  const values: unknown[] = [limit];
  const add = (value: unknown, condition: (place: string) => string) => {
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  if (before !== undefined) add(textOf(before), () => `(stamped, id) < (${STAMPED}, $2)`);
  if (q !== undefined && q !== '') add(patternOf(q), (place) => `searched like ${place}`);
  if (outcome !== undefined) add(outcome, (place) => `outcome = ${place}`);
  return await database.query<RecentJournal>(
    `select id, line as summary from switchover.journal left join switchover.summary on summary.journal = id
     where ${conditions.join(' and ')} ${NEWEST_FIRST} limit $1`,
    values,
  );
}

/** A text of PostgreSQL's takes no NUL. */
function textOf(given: string): string {
  return given.replaceAll('\0', ' ');
}

function patternOf(q: string): string {
  return `%${textOf(q)
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&')}%`;
}
