/** The leases of one controller, in the database. */
import type { Clock } from '../hypervisor/clock.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { Lease, LeaseLostError } from './lease.ts';
import { ACTIVE_STATES } from './move.ts';
import { inTransaction } from './transaction.ts';

export interface Taken {
  readonly move: string;
  /** Its VM is moved, by us or by others. */
  readonly isMoved: boolean;
  readonly lease: Lease;
}

interface LeasesOptions {
  /** The controller's id. */
  readonly holder: string;
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Of which it has programs; what needs others is begun elsewhere. Left out: none. */
  readonly stages?: readonly string[];
}

/** What is admitted and nobody looks after, oldest first: this is the queue. One statement, decided by the database's clock. */
const TAKE = `
with free as (
  select lease.vm, move.id, move.way = 'move' or move.is_foreign as is_moved from fleet.lease join fleet.move on move.vm = lease.vm
    left join fleet.drain on drain.id = move.drain
  where move.state in (${ACTIVE_STATES}) and move.next_try <= now()
    and lease.until < clock_timestamp() and lease.vm <> all ($2)
    and (move.state <> 'admitted' or coalesce(drain.settings->'hooks', '[]') <@ $5::jsonb)
  order by move.admitted limit $3 for update of lease skip locked
), taken as (
  update fleet.lease set holder = $1, epoch = epoch + 1, until = clock_timestamp() + $4 * interval '1 ms'
  from free where lease.vm = free.vm returning lease.vm, lease.epoch, free.id, free.is_moved
), told as (
  insert into fleet.event (move, controller, epoch, kind) select id, $1, epoch, 'taken' from taken
)
select vm, epoch::float8 as epoch, id as move, is_moved as "isMoved" from taken`;

const RENEW = `
update fleet.lease set until = clock_timestamp() + $4 * interval '1 ms'
from unnest($2::text[], $3::bigint[]) as mine (vm, epoch)
where lease.vm = mine.vm and lease.epoch = mine.epoch and lease.holder = $1
returning lease.vm`;

export class Leases {
  private readonly database: Database;
  private readonly options: LeasesOptions;
  private readonly held = new Map<string, Lease>();

  constructor(database: Database, options: LeasesOptions) {
    this.database = database;
    this.options = options;
  }

  get count(): number {
    return this.held.size;
  }

  /** @throws {StoreError} */
  async take(most: number): Promise<readonly Taken[]> {
    if (most <= 0) return [];
    const { holder, leaseMs, clock, stages = [] } = this.options;
    const sentAtMs = clock.uptimeMs();
    const rows = await this.database.query<{ vm: string; epoch: number; move: string; isMoved: boolean }>(
      TAKE,
      [...[holder, [...this.held.keys()]], ...[most, leaseMs, JSON.stringify(stages)]],
    );
    return rows.map((row) => {
      const lease = new Lease(row, clock, leaseMs, sentAtMs);
      this.held.set(row.vm, lease);
      return { move: row.move, isMoved: row.isMoved, lease };
    });
  }

  /** All at once. Those that are another's by now are lost. @throws {StoreError} */
  async renew(): Promise<void> {
    const asked = [...this.held.values()];
    if (asked.length === 0) return;
    const { holder, leaseMs, clock } = this.options;
    const sentAtMs = clock.uptimeMs();
    const rows = await this.database.query<{ vm: string }>(RENEW, [
      ...[holder, asked.map(({ vm }) => vm)],
      ...[asked.map(({ epoch }) => epoch), leaseMs],
    ]);
    const renewed = new Set(rows.map(({ vm }) => vm));
    for (const lease of asked)
      if (renewed.has(lease.vm)) lease.renewed(sentAtMs);
      else this.drop(lease);
  }

  /**
   * Writes as the holder of that lease, or not at all: the lease is read again, locked and renewed in the same transaction.
   * @throws {LeaseLostError} where another has it @throws {StoreError}
   */
  async writing<T>(lease: Lease, doing: (within: Queryable) => Promise<T>): Promise<T> {
    const { holder, leaseMs, clock } = this.options;
    lease.check();
    const sentAtMs = clock.uptimeMs();
    const result = await inTransaction(this.database, leaseMs, async (within) => {
      const mine = await within.query(RENEW, [holder, [lease.vm], [lease.epoch], leaseMs]);
      if (mine.length === 0) {
        this.drop(lease);
        throw new LeaseLostError(lease.vm);
      }
      return await doing(within);
    });
    lease.renewed(sentAtMs);
    return result;
  }

  /** Another may have it at once. @throws {StoreError} */
  async release(lease: Lease): Promise<void> {
    this.drop(lease);
    await this.database.query(
      "update fleet.lease set until = '-infinity' where vm = $1 and epoch = $2 and holder = $3",
      [lease.vm, lease.epoch, this.options.holder],
    );
  }

  /** Looks after it no longer; what the database has of it runs out by itself. */
  drop(lease: Lease): void {
    lease.lose();
    if (this.held.get(lease.vm) === lease) this.held.delete(lease.vm);
  }

  [Symbol.iterator](): IterableIterator<Lease> {
    return this.held.values();
  }
}
