/** Drains and their moves as they stand in the tables. */
import type { Queryable } from '../postgres/database.ts';
import { type HostRecord, readHosts } from './hosts.ts';
import { MOVE_COLUMNS, type Move } from './move.ts';

export interface DrainRow {
  readonly id: string;
  readonly host: string;
  /** `return`: it brings back what another one moved away. */
  readonly kind: 'drain' | 'return';
  readonly intent: 'go' | 'paused' | 'cancelled';
  readonly state: 'waiting' | 'draining' | 'blocked' | 'empty' | 'ended';
  readonly outcome: 'released' | 'returned' | 'cancelled' | 'expired' | null;
  /** As what it is to end; null: as what follows from the rest. */
  readonly ending: 'released' | null;
  readonly settings: unknown;
  /** Moves of a higher one begin before those of others; 0 where nobody said so. */
  readonly priority: number;
  readonly requestedBy: string;
  readonly reason: string | null;
  readonly trouble: string | null;
  /** Whether the programs before and after the host let it go on; what one said that did not. */
  readonly beforeHost: 'done' | null;
  readonly afterHost: 'done' | null;
  readonly hookWords: string | null;
  /** All times by the database's clock, in milliseconds since 1970. */
  readonly createdMs: number;
  readonly deadlineMs: number | null;
  readonly opensMs: number | null;
  readonly closesMs: number | null;
  readonly emptySinceMs: number | null;
  readonly emptyAtMs: number | null;
  readonly lookedMs: number | null;
  readonly nowMs: number;
}

export interface MoveRow extends Move {
  readonly nextTryMs: number;
  /** It is queued, and waits for a calmer moment. */
  readonly waitsCalm: boolean;
  /** The last look at it said that it is calm. */
  readonly wasCalm: boolean;
  /** When it first began to, and by when that has to be over; null: it never did. */
  readonly calmSinceMs: number | null;
  readonly calmUntilMs: number | null;
  /** The longest that it is expected to take; null: not known. */
  readonly expectsMs: number | null;
}

export interface DrainRows {
  readonly drain: DrainRow;
  /** The newest of each VM, in the order in which they were queued. */
  readonly moves: readonly MoveRow[];
  readonly hosts: ReadonlyMap<string, HostRecord>;
}

const ms = (column: string) => `extract(epoch from ${column})::float8 * 1000`;

const DRAIN_COLUMNS = `id, host, kind, intent, state, outcome, ending, settings, priority, requested_by as "requestedBy", reason, trouble,
  before_host as "beforeHost", after_host as "afterHost", hook_words as "hookWords",
  ${ms('created')} as "createdMs", ${ms('deadline')} as "deadlineMs", ${ms('opens')} as "opensMs",
  ${ms('closes')} as "closesMs",
  ${ms('empty_since')} as "emptySinceMs", ${ms('empty_at')} as "emptyAtMs", ${ms('looked')} as "lookedMs",
  ${ms('clock_timestamp()')} as "nowMs"`;

const MOVES = `
select * from (
  select distinct on (vm) ${MOVE_COLUMNS}, move.created, move.position, ${ms('next_try')} as "nextTryMs",
    move.waits_calm as "waitsCalm", move.was_calm as "wasCalm", ${ms('calm_since')} as "calmSinceMs", ${ms('calm_until')} as "calmUntilMs",
    move.expects_ms as "expectsMs"
  from fleet.move where drain = $1 order by vm, move.created desc
) as newest order by created, position`;

/** For a statement: those that are not over, oldest first, each a {@link DrainRow}. */
export const OPEN_DRAINS = `select ${DRAIN_COLUMNS} from fleet.drain where ended is null order by created, id`;

/** Those that are not over, oldest first. @throws {StoreError} */
export async function readDrains(within: Queryable): Promise<readonly DrainRow[]> {
  return await within.query<DrainRow>(OPEN_DRAINS);
}

/** The newest first, those that are over too. @throws {StoreError} */
export async function listDrains(within: Queryable, most: number): Promise<readonly DrainRow[]> {
  return await within.query<DrainRow>(
    `select ${DRAIN_COLUMNS} from fleet.drain order by created desc, id limit $1`,
    [most],
  );
}

/** @returns undefined where there is none @throws {StoreError} */
export async function readDrain(within: Queryable, id: string): Promise<DrainRows | undefined> {
  const [drain] = await within.query<DrainRow>(`select ${DRAIN_COLUMNS} from fleet.drain where id = $1`, [
    id,
  ]);
  if (!drain) return undefined;
  const moves = await within.query<MoveRow>(MOVES, [id]);
  return { drain, moves, hosts: await readHosts(within) };
}

/** The newest of that host, over or not. @throws {StoreError} */
export async function drainOfHost(within: Queryable, host: string): Promise<DrainRow | undefined> {
  const [drain] = await within.query<DrainRow>(
    `select ${DRAIN_COLUMNS} from fleet.drain where host = $1 order by created desc limit 1`,
    [host],
  );
  return drain;
}
