/**
 * VMs that are held for something that may change by itself are looked at again: once their domain is another than it was, and
 * every ten minutes, since what has changed may be a destination. Which one waits for a person's word is left alone.
 */
import { failureClass } from '../drain/failures.ts';
import { NO_WINDOW } from '../drain/openings.ts';
import { ASKS, OTHER_WORD, STAYS } from '../drain/own-word.ts';
import type { Database } from '../postgres/database.ts';
import type { VmSeen } from './drain-hosts.ts';
import type { MoveRow } from './drain-rows.ts';
import type { NewMove } from './drains.ts';
import { tell } from './events.ts';
import { WAS_UNKNOWN } from './next-step.ts';
import { NOT_OFF } from './next-stop.ts';
import { HOOK_HOLDS } from './vm-hooks.ts';

/** A person has decided, or has to; looking again would only repeat it. */
const FOR_A_PERSON: ReadonlySet<string> = new Set([
  ...[WAS_UNKNOWN, NOT_OFF, HOOK_HOLDS, NO_WINDOW],
  ...['cancelled', 'aborted'],
]);

const AGAIN_AFTER_MS = 600_000;

export function looksAgain(code: string): boolean {
  return failureClass(code) === 'permanent' && !FOR_A_PERSON.has(code);
}

interface LastLook {
  readonly code: string | null;
  readonly mark: string;
  readonly atMs: number;
}

/** Of one controller; several of them look more often. */
export class HeldLooks {
  private readonly last = new Map<string, LastLook>();

  /**
   * @param nowMs by the database's clock
   * @returns whether it is time: since it was held, or looked at, the domain has changed, or ten minutes have passed
   */
  isDue({ id, code }: MoveRow, mark: string, nowMs: number): boolean {
    const last = this.last.get(id);
    const isNews = last === undefined || last.code !== code;
    const isDue = !isNews && (last.mark !== mark || nowMs >= last.atMs + AGAIN_AFTER_MS);
    if (isNews || isDue) this.last.set(id, { code, mark, atMs: nowMs });
    return isDue;
  }
}

const QUEUE = `
update fleet.move set state = 'queued', way = case when decided_by is null then $2 else way end, priority = $3, apart = $4,
  tries = 0, code = null, words = null, remedy = null, refused = '{}', failed_at = null, next_try = now()
where id = $1 and state = 'held' returning id`;

const HOLD = `
update fleet.move set code = $2, words = $3, remedy = $4 where id = $1 and state = 'held' and code is distinct from $2`;

const LEAVE = `
update fleet.move set state = 'left', ended = clock_timestamp(), code = $2, words = $3, remedy = $4
where id = $1 and state = 'held' returning id`;

/**
 * As if it had appeared just now: its word, its groups and what is in its way are heard anew.
 * @param found as a drain would take it up @throws {StoreError}
 */
export async function takeUpAgain(database: Database, move: MoveRow, found: NewMove): Promise<void> {
  const { id, drain, decidedBy } = move;
  const { way = 'move', priority = 0, apart = [], obstacles = [] } = found;
  const ofWord = new Set([STAYS, ASKS, OTHER_WORD]);
  const lasting = obstacles.find(
    ({ code }) => failureClass(code) === 'permanent' && !(decidedBy !== null && ofWord.has(code)),
  );
  if (lasting) {
    const { code, words, remedy = null } = lasting;
    await database.query(code === STAYS ? LEAVE : HOLD, [id, code, words, remedy]);
    return;
  }
  const changed = await database.query(QUEUE, [id, way, priority, apart]);
  if (changed.length > 0) await tell(database, { kind: 'looked-at-again', move: id, drain });
}

/** @returns whether it is one whose host is to be asked about it */
export function mayLookAgain({ state, code }: MoveRow): boolean {
  return state === 'held' && code !== null && looksAgain(code);
}

/** What of a VM, as its host tells it, says that it is another now. */
export function markOf({ mark, obstacles, metadata }: VmSeen): string {
  return JSON.stringify([mark, obstacles, metadata]);
}
