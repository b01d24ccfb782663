/** What happened, for the audit and for whoever looks. Rows are added only. */
import type { Queryable } from '../postgres/database.ts';
import { CHANNEL } from './fleet-tables.ts';

export interface FleetEvent {
  readonly kind: string;
  readonly move?: string | undefined;
  readonly drain?: string | null | undefined;
  readonly controller?: string | undefined;
  readonly epoch?: number | undefined;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** Those who listen are told once the transaction is committed. @throws {StoreError} */
export async function tell(within: Queryable, event: FleetEvent): Promise<void> {
  await within.query(
    `with told as (
       insert into fleet.event (kind, move, drain, controller, epoch, data) values ($1, $2, $3, $4, $5, $6)
     ) select pg_notify($7, $8)`,
    [
      ...[event.kind, event.move ?? null, event.drain ?? null, event.controller ?? null],
      ...[event.epoch ?? null, JSON.stringify(event.data ?? {}), CHANNEL, event.move ?? ''],
    ],
  );
}
