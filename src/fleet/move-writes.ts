/** How the holder of a VM's lease writes what becomes of its move. */
import { retryDelayMs } from '../drain/failures.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { mayWaitAgain, waitAgain } from './calm-again.ts';
import { freeClaims } from './claims.ts';
import { pauseDrain } from './drains.ts';
import { tell } from './events.ts';
import { arrivedAt, failedAtHost } from './hosts.ts';
import type { Lease } from './lease.ts';
import type { Leases } from './leases.ts';
import { hasEnded, holdsClaims, MOVE_COLUMNS, type Move, type MoveState, mayFollow } from './move.ts';
import type { Change } from './next-step.ts';

/** What is written is not what was read: it is read anew. */
export class MoveChangedError extends Error {
  override readonly name = 'MoveChangedError';
}

const WRITE = `
update fleet.move set state = $3,
  code = $4, words = $5, remedy = $10,
  refused = case when $11 then refused || jsonb_build_object(destination,
    jsonb_strip_nulls(jsonb_build_object('code', $4::text, 'words', $5::text, 'remedy', $10::text))) else refused end,
  next_try = now() + $6 * interval '1 ms',
  failed_at = coalesce($7, failed_at),
  tries = tries + $8,
  is_foreign = is_foreign and $3 <> 'queued',
  ended = case when $9 then clock_timestamp() end
where id = $1 and state = $2 and (intent = 'go' or $3 <> 'starting') and drain is not distinct from $12
returning ${MOVE_COLUMNS}`;

/** @returns undefined where there is none @throws {StoreError} */
export async function readMove(database: Queryable, id: string): Promise<Move | undefined> {
  const [move] = await database.query<Move>(`select ${MOVE_COLUMNS} from fleet.move where id = $1`, [id]);
  return move;
}

/**
 * In one transaction with the lease that is read again, the claims that are free from then on, and the event.
 * @throws {LeaseLostError} where another has the lease
 * @throws {MoveChangedError} where its state, what is wanted of it, or whose it is, is another by now
 * @throws {StoreError}
 */
export async function writeState(
  leases: Leases,
  { lease, controller }: { readonly lease: Lease; readonly controller: string },
  move: Move,
  wanted: MoveState,
  change: Change = {},
): Promise<Move> {
  if (!mayFollow(move.state, wanted)) throw new Error(`a move that is ${move.state} cannot become ${wanted}`);
  return await leases.writing(lease, async (within) => {
    // A guest that may run on either side needs a person before anything else is tried.
    if ((wanted === 'unknown' || change.pausesDrain) && move.drain !== null)
      await pauseDrain(within, move.drain);
    const { code, words, remedy, failedAt, isRefused = false } = change;
    const calmUntilMs =
      wanted === 'held' && code === 'no-pause-fits' ? await mayWaitAgain(within, move) : undefined;
    const next = calmUntilMs === undefined ? wanted : 'queued';
    const to =
      (next === 'queued' || next === 'held') && (await isCancelled(within, move)) ? 'cancelled' : next;
    const waitMs = calmUntilMs === undefined ? (change.waitMs ?? 0) : retryDelayMs(move.tries, 0.5);
    const [written] = await within.query<Move>(WRITE, [
      ...[move.id, move.state, to, code ?? null, words ?? null, waitMs, failedAt ?? null],
      ...[
        Number(to === 'starting') - Number(change.isNoTry === true),
        hasEnded(to),
        remedy ?? null,
        isRefused,
        // A drain may have taken up what others began, to which its end means something else.
        move.drain,
      ],
    ]);
    if (written === undefined)
      throw new MoveChangedError(`the move ${move.id}, which was ${move.state}, has changed since`);
    if (calmUntilMs !== undefined && to === 'queued') await waitAgain(within, move, calmUntilMs);
    if (!holdsClaims(to)) await freeClaims(within, move.id);
    if (move.destination !== null && to === 'moved') await arrivedAt(within, move.destination);
    if (move.destination !== null && change.isTransient) await failedAtHost(within, move.destination);
    await tell(within, {
      ...{ kind: to, move: move.id, drain: move.drain, controller, epoch: lease.epoch },
      data: {
        ...{ from: move.state, destination: written.destination },
        ...(code === undefined ? {} : { code, words, remedy }),
      },
    });
    return written;
  });
}

async function isCancelled(within: Queryable, { drain, intent }: Move): Promise<boolean> {
  if (intent === 'cancel') return true;
  const cancelled = await within.query(
    "select from fleet.drain where id = $1 and intent = 'cancelled' for share",
    [drain],
  );
  return cancelled.length > 0;
}

/** Those that shall end, of those that run. @throws {StoreError} */
export async function movesToCancel(
  database: Database,
  vms: readonly string[],
): Promise<ReadonlySet<string>> {
  if (vms.length === 0) return new Set();
  const rows = await database.query<{ vm: string }>(
    `select vm from fleet.move where vm = any($1) and intent = 'cancel' and state = 'moving' and not is_foreign and ended is null`,
    [vms],
  );
  return new Set(rows.map(({ vm }) => vm));
}
