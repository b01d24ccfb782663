/** Drains as a person asks for them. What is wanted is written; controllers act on it. */
import type { Reason } from '../drain/facts.ts';
import { failureClass } from '../drain/failures.ts';
import { STAYS, type Way } from '../drain/own-word.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { AFTER_VM } from './after-vm.ts';
import { type CalmWish, calmOf } from './calm-wish.ts';
import { tell } from './events.ts';
import { ACTIVE_STATES, gibOf } from './move.ts';
import { WAS_UNKNOWN } from './next-step.ts';
import { inTransaction, lockClaims } from './transaction.ts';

export interface NewDrain {
  readonly host: string;
  readonly requestedBy: string;
  readonly reason?: string;
  /** Moves of drains of a higher one begin first; 0 unless it is said. Nothing of a VM's own. */
  readonly priority?: number;
  /** Starts are allowed between the two, and before the deadline. */
  readonly opens?: Date;
  readonly closes?: Date;
  readonly deadline?: Date;
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface NewMove {
  /** The VM's UUID. */
  readonly vm: string;
  readonly name: string;
  readonly source: string;
  /** The source's link. */
  readonly link: string;
  readonly memoryBytes: number;
  /** Among how many on its links it stays calm; 1: it has them alone; left out: among as many as there may be. */
  readonly calmAmong?: number | null | undefined;
  readonly cluster?: string;
  /** Higher first; then the order in which they are given. */
  readonly priority?: number;
  /** How it leaves; left out: it is moved. */
  readonly way?: Way;
  /** Groups of VMs of which no two may be on one host. */
  readonly apart?: readonly string[];
  /** What is known to keep it from moving, wherever to: it waits for a person then. */
  readonly obstacles?: readonly Reason[] | undefined;
  /** It waits for a calmer moment from then on, until then at the latest; `words`: why. */
  readonly calm?: CalmWish | undefined;
  /** How long it is expected to take, at the most, in milliseconds; left out: not known. */
  readonly expectsMs?: number | undefined;
  /** Settings for it alone, and who decided of it. */
  readonly stated?: Readonly<Record<string, unknown>>;
  readonly decidedBy?: string | null;
  /** Destinations that are known not to take it. */
  readonly refused?: Readonly<Record<string, Reason>> | undefined;
}

const LONGEST_MS = 15_000;

/** @returns the drain that the host has already, or the new one @throws {StoreError} */
export async function beginDrain(
  database: Database,
  drain: NewDrain,
  moves: readonly NewMove[],
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  return await inTransaction(database, LONGEST_MS, async (within) => {
    await lockClaims(within);
    const [there] = await within.query<{ id: string }>(
      'select id from fleet.drain where host = $1 and ended is null',
      [drain.host],
    );
    if (there) return { id: there.id, isNew: false };
    const [made] = await within.query<{ id: string }>(
      `insert into fleet.drain (host, requested_by, reason, priority, opens, closes, deadline, settings)
       values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
      [
        ...[drain.host, drain.requestedBy, drain.reason ?? null, drain.priority ?? 0],
        ...[drain.opens ?? null, drain.closes ?? null, drain.deadline ?? null],
        JSON.stringify(drain.settings ?? {}),
      ],
    );
    const { id } = made as { id: string };
    await tell(within, { kind: 'drain-begun', drain: id, data: { host: drain.host, by: drain.requestedBy } });
    await queue(within, id, moves);
    return { id, isNew: true };
  });
}

/**
 * VMs that are in a move of a drain already keep it.
 * @param drain null: of none @returns how many are new in it @throws {StoreError}
 */
export async function queueMoves(
  database: Database,
  drain: string | null,
  moves: readonly NewMove[],
): Promise<number> {
  return await inTransaction(database, LONGEST_MS, async (within) => await queue(within, drain, moves));
}

const PLAIN = {
  ...{
    cluster: 'default',
    priority: 0,
    apart: [],
    refused: {},
    way: 'move',
    state: 'queued',
  },
  ...{ stated: {}, decidedBy: null },
};

/** Within the transaction of whoever calls it. @returns how many are new in it @throws {StoreError} */
export async function queue(
  within: Queryable,
  drain: string | null,
  moves: readonly NewMove[],
): Promise<number> {
  const rows = moves.map(({ obstacles = [], calm, ...move }, position) => ({
    ...PLAIN,
    ...move,
    ...calmOf(calm),
    ...heldFor(obstacles),
    position,
  }));
  const made = await within.query(
    `insert into fleet.move (drain, vm, name, source, link, cluster, memory_gib, memory_bytes, intensive, calm_among, priority, position, apart,
       refused, way, stated, decided_by, expects_ms, state, code, words, remedy, waits_calm, calm_since, calm_until, ended)
     select $1, vm, name, source, link, cluster, ${gibOf('"memoryBytes"')}, "memoryBytes", coalesce("calmAmong" <= 1, false), "calmAmong", priority, position, apart,
       refused, way, stated, "decidedBy", "expectsMs", state, code, words, remedy, "calmUntil" is not null and state = 'queued',
       "calmSince", "calmUntil", case when state = 'left' then clock_timestamp() end
     from jsonb_to_recordset($2) as given (vm text, name text, source text, link text, cluster text, "memoryBytes" bigint,
       "calmAmong" int, priority int, position int, apart text[], refused jsonb, way text, stated jsonb,
       "decidedBy" text, "expectsMs" float8, state text, code text, words text, remedy text,
       "calmSince" timestamptz, "calmUntil" timestamptz)
     -- A migration of that VM that others began and that is of no drain becomes this drain's.
     on conflict (vm) where ended is null do update set drain = excluded.drain
       where move.drain is null and excluded.drain is not null returning id`,
    [drain, JSON.stringify(rows)],
  );
  await tell(within, { kind: 'queued', drain, data: { moves: made.length } });
  return made.length;
}

/** What is wanted of a drain that there is already. Left out: as it was. @throws {StoreError} */
export async function changeDrain(
  within: Queryable,
  drain: string,
  {
    settings,
    deadline,
    opens,
    closes,
    priority,
  }: Pick<NewDrain, 'settings' | 'deadline' | 'opens' | 'closes' | 'priority'>,
): Promise<void> {
  await within.query(
    `update fleet.drain set settings = coalesce($2, settings), deadline = coalesce($3, deadline), opens = coalesce($4, opens),
       closes = coalesce($5, closes), priority = coalesce($6, priority), revision = revision + 1
     where id = $1 and ended is null`,
    [
      ...[drain, settings === undefined ? null : JSON.stringify(settings), deadline ?? null],
      ...[opens ?? null, closes ?? null, priority ?? null],
    ],
  );
  await tell(within, { kind: 'drain-changed', drain, data: { deadline, priority } });
}

/** What passes by itself is no obstacle: it is tried. What stays by its own word waits for nobody. */
function heldFor(obstacles: readonly Reason[]) {
  const lasting = obstacles.find(({ code }) => !['transient', 'capacity'].includes(failureClass(code)));
  if (!lasting) return {};
  const { code, words, remedy } = lasting;
  return { state: code === STAYS ? 'left' : 'held', code, words, remedy };
}

/** Nothing new starts; what runs goes on. @throws {StoreError} */
export async function pauseDrain(within: Queryable, drain: string): Promise<void> {
  await setIntent(within, drain, 'paused', 'go');
}

/** What a person had to look at is tried again, too. @throws {StoreError} */
export async function resumeDrain(within: Queryable, drain: string): Promise<void> {
  await within.query(
    `update fleet.move set state = 'queued', tries = 0, code = null, words = null, remedy = null, next_try = now()
     where drain = $1 and state = 'held' and code = $2`,
    [drain, WAS_UNKNOWN],
  );
  // What a program said was heard; one around the host is asked again.
  await within.query('update fleet.drain set hook_words = null where id = $1', [drain]);
  await within.query('update fleet.move set code = null, words = null where drain = $1 and code = $2', [
    ...[drain, AFTER_VM],
  ]);
  await setIntent(within, drain, 'go', 'paused');
}

async function setIntent(within: Queryable, drain: string, to: string, from: string): Promise<void> {
  const changed = await within.query(
    'update fleet.drain set intent = $2, revision = revision + 1 where id = $1 and intent = $3 returning id',
    [drain, to, from],
  );
  if (changed.length > 0) await tell(within, { kind: to === 'go' ? 'drain-resumed' : 'drain-paused', drain });
}

/**
 * Nothing starts any more. What was admitted and not begun is let go of by its holder; what runs goes on, unless it shall end.
 * @param endRunning whether those that run are cancelled @throws {StoreError}
 */
export async function cancelDrain(
  database: Database,
  drain: string,
  { endRunning = false }: { readonly endRunning?: boolean } = {},
): Promise<void> {
  await inTransaction(database, LONGEST_MS, async (within) => {
    await lockClaims(within);
    await within.query(
      "update fleet.drain set intent = 'cancelled', revision = revision + 1 where id = $1 and ended is null",
      [drain],
    );
    await within.query(
      `update fleet.move set state = 'cancelled', intent = 'cancel', ended = clock_timestamp()
       where drain = $1 and state in ('queued', 'held')`,
      [drain],
    );
    const states = endRunning ? ['admitted', 'starting', 'moving'] : ['admitted'];
    await within.query("update fleet.move set intent = 'cancel' where drain = $1 and state = any($2)", [
      ...[drain, states],
    ]);
    await tell(within, { kind: 'drain-cancelled', drain, data: { endRunning } });
  });
}

/**
 * Its host may be drained again.
 * @returns whether it is over: not while a move of it is admitted, runs, or is unknown @throws {StoreError}
 */
export async function endDrain(
  database: Database,
  drain: string,
  outcome: 'released' | 'returned' | 'cancelled' | 'expired',
): Promise<boolean> {
  return await inTransaction(database, LONGEST_MS, async (within) => {
    await lockClaims(within);
    const active = await within.query(
      `select from fleet.move where drain = $1 and state in (${ACTIVE_STATES}) limit 1`,
      [drain],
    );
    if (active.length > 0) return false;
    await within.query(
      `update fleet.move set state = 'cancelled', ended = clock_timestamp() where drain = $1 and state in ('queued', 'held')`,
      [drain],
    );
    const ended = await within.query(
      `update fleet.drain set state = 'ended', outcome = $2, ended = clock_timestamp(), revision = revision + 1
       where id = $1 and ended is null returning id`,
      [drain, outcome],
    );
    if (ended.length > 0) await tell(within, { kind: 'drain-ended', drain, data: { outcome } });
    return ended.length > 0;
  });
}

/**
 * The host may be used again: whatever its drain was doing, nothing new begins. What is on its way arrives first. What is to
 * come back, or to be started again, is a drain of its own after that (`return-drain.ts`).
 * @returns whether it is over already @throws {StoreError}
 */
export async function releaseDrain(database: Database, drain: string): Promise<boolean> {
  await database.query("update fleet.drain set outcome = 'released' where id = $1 and outcome = 'expired'", [
    drain,
  ]);
  await database.query("update fleet.drain set ending = 'released' where id = $1 and ended is null", [drain]);
  await cancelDrain(database, drain);
  if (await endDrain(database, drain, 'released')) return true;
  const over = await database.query('select from fleet.drain where id = $1 and ended is not null', [drain]);
  return over.length > 0;
}

/** A move that was held is tried again, from the first try on. @returns whether it was held @throws {StoreError} */
export async function releaseHeld(database: Database, move: string): Promise<boolean> {
  return await inTransaction(database, LONGEST_MS, async (within) => {
    const changed = await within.query<{ drain: string | null }>(
      `update fleet.move set state = 'queued', tries = 0, code = null, words = null, remedy = null,
         refused = '{}', failed_at = null, next_try = now()
       where id = $1 and state = 'held' returning drain`,
      [move],
    );
    if (changed[0]) await tell(within, { kind: 'released', move, drain: changed[0].drain });
    return changed.length > 0;
  });
}

/** All that waits for a person, but where it was not certain where a VM runs: of that a person says more. @throws {StoreError} */
export async function releaseAllHeld(database: Database, drain: string): Promise<void> {
  const held = await database.query<{ id: string }>(
    "select id from fleet.move where drain = $1 and state = 'held' and code is distinct from $2",
    [drain, WAS_UNKNOWN],
  );
  for (const { id } of held) await releaseHeld(database, id);
}
