import type { Queryable } from '../../postgres/database.ts';
import type { JournalSummary, RecentQuery } from '../recent-journals.ts';
import { NEWEST_FIRST } from './journal-tables.ts';

type Row = Omit<JournalSummary, 'startedAt'> & { readonly startedAt: Date };

const STAMPED = "($2 ~ '^[0-9]{8}T[0-9]{6}[.-]')";

/** By an index each, whatever there is. @throws {StoreError} */
export async function recentRows(
  database: Queryable,
  { limit, before, vm, outcome }: RecentQuery,
): Promise<readonly JournalSummary[]> {
  const conditions = ['true'];
  const values: unknown[] = [limit];
  const add = (value: unknown, condition: (place: string) => string) => {
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  if (before !== undefined) add(before, () => `(stamped, id) < (${STAMPED}, $2)`);
  if (vm !== undefined) add(vm, (place) => `(vm_uuid = ${place} or vm = ${place})`);
  if (outcome === null) conditions.push('outcome is null');
  else if (outcome !== undefined) add(outcome, (place) => `outcome = ${place}`);
  const rows = await database.query<Row>(
    `select id, vm, vm_uuid as "vmUuid", guest_name as "guestName", policy, started_at as "startedAt", state, outcome,
       runs_on as "runsOn", pause_ms as "pauseMs"
     from switchover.journal where ${conditions.join(' and ')} ${NEWEST_FIRST} limit $1`,
    values,
  );
  return rows.map((row) => ({ ...row, startedAt: row.startedAt.toISOString() }));
}
