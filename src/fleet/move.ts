/**
 * A move of one VM, and which state follows which.
 *
 *     queued ─▶ admitted ─▶ starting ─▶ moving ─▶ moved          ended: moved, left, gone, cancelled
 *       ▲  ▲       │            │         │
 *       │  └───────┴────────────┴─────────┤ (to be tried again)
 *     held ◀──────────────────────────────┤ (waits for a person, or for something outside)
 *                                unknown ◀┘ (nobody knows on which side the guest is)
 *
 * One that is shut down in place of being moved goes from `starting` to `stopping`, and ends `off`, or is held.
 *
 * From `admitted` to `unknown` a move holds its claims, whether or not a controller is there: the migration goes on
 * without one.
 */
import type { Reason } from '../drain/facts.ts';
import type { Way } from '../drain/own-word.ts';

export type MoveState =
  | 'queued'
  | 'admitted'
  /** Written before the start is sent: it may have been, or not. */
  | 'starting'
  /** A hypervisor said so. */
  | 'moving'
  /** Its guest was asked to shut down. */
  | 'stopping'
  | 'unknown'
  | 'held'
  | 'moved'
  /** By its own word it stays. */
  | 'left'
  /** Off, or moved by others. */
  | 'gone'
  /** Shut down by us. */
  | 'off'
  | 'cancelled';

export interface Move {
  readonly id: string;
  readonly drain: string | null;
  readonly vm: string;
  readonly name: string;
  readonly source: string;
  /** Null until it is admitted for the first time. */
  readonly destination: string | null;
  readonly cluster: string;
  readonly link: string;
  readonly memoryBytes: number;
  /** As many units of room as it claims: rounded up. */
  readonly memoryGib: number;
  /** Among how many on its links it stays calm; 1: it has them alone; null: among as many as there may be. */
  readonly calmAmong: number | null;
  /** Others began it. */
  readonly isForeign: boolean;
  readonly state: MoveState;
  readonly intent: 'go' | 'cancel';
  /** How often it was started. */
  readonly tries: number;
  readonly failedAt: string | null;
  readonly code: string | null;
  readonly words: string | null;
  readonly remedy: string | null;
  /** Destinations that do not take it as it is. */
  readonly refused: Readonly<Record<string, Reason>>;
  /** Groups of VMs of which no two may be on one host. */
  readonly apart: readonly string[];
  readonly way: Way;
  /** The person whose word it is to go that way, whatever its own is. */
  readonly decidedBy: string | null;
  /** Settings that were stated for it alone, by their names in `Stated`. */
  readonly stated: Readonly<Record<string, unknown>>;
  /** For how long, by the database's clock; null: it never was. */
  readonly admittedForMs: number | null;
  /** What its guest was told of this try; null: nothing. `over`: how it ended. */
  readonly notice: 'giving' | 'given' | 'failed' | 'over' | null;
  /** Nothing of it begins before, by the database's clock; null: it has no notice. */
  readonly noticeUntilMs: number | null;
  /** Why its guest could not be told that; null: it was. */
  readonly noticeWords: string | null;
}

/** It has its links for itself. */
export function isAlone({ calmAmong }: Pick<Move, 'calmAmong'>): boolean {
  return calmAmong !== null && calmAmong <= 1;
}

/** For SQL: the units of room that so many bytes claim. */
export function gibOf(bytes: string): string {
  return `ceil(${bytes} / 2.0 ^ 30)::int`;
}

/** For `select` and `returning`. */
export const MOVE_COLUMNS = `move.id, move.drain, move.vm, move.name, move.source, move.destination, move.cluster, move.link,
  move.memory_gib as "memoryGib", coalesce(move.memory_bytes, move.memory_gib * 2.0 ^ 30)::float8 as "memoryBytes",
  case when move.intensive then 1 else move.calm_among end as "calmAmong", move.is_foreign as "isForeign", move.state, move.intent, move.tries,
  move.failed_at as "failedAt", move.code, move.words, move.remedy, move.refused, move.apart,
  move.way, move.decided_by as "decidedBy", move.stated,
  extract(epoch from clock_timestamp() - move.admitted)::float8 * 1000 as "admittedForMs",
  move.notice, extract(epoch from move.notice_until)::float8 * 1000 as "noticeUntilMs", move.notice_words as "noticeWords"`;

const ACTIVE: readonly MoveState[] = ['admitted', 'starting', 'moving', 'stopping', 'unknown'];
const ENDED: readonly MoveState[] = ['moved', 'left', 'gone', 'off', 'cancelled'];

/** For SQL. */
export const ACTIVE_STATES = ACTIVE.map((state) => `'${state}'`).join(', ');

const FOLLOW: Readonly<Record<MoveState, readonly MoveState[]>> = {
  // Moving: others have begun it.
  queued: ['admitted', 'moving', 'held', 'left', 'gone', 'cancelled'],
  admitted: ['starting', 'moving', 'queued', 'held', 'moved', 'left', 'gone', 'cancelled'],
  // Starting: by the next controller, where nothing runs.
  starting: [
    'starting',
    'moving',
    'stopping',
    'unknown',
    'queued',
    'held',
    'moved',
    'gone',
    'off',
    'cancelled',
  ],
  moving: ['unknown', 'queued', 'held', 'moved', 'gone', 'cancelled'],
  stopping: ['queued', 'held', 'gone', 'off', 'cancelled'],
  unknown: ['unknown', 'moving', 'held', 'moved', 'gone', 'cancelled'],
  held: ['queued', 'moving', 'left', 'gone', 'cancelled'],
  moved: [],
  left: [],
  gone: [],
  off: [],
  cancelled: [],
};

export function mayFollow(from: MoveState, to: MoveState): boolean {
  return FOLLOW[from].includes(to);
}

/** Claims are there in these states, and in no other. One that is shut down needs none. */
export function holdsClaims(state: MoveState): boolean {
  return ACTIVE.includes(state);
}

export function hasEnded(state: MoveState): boolean {
  return ENDED.includes(state);
}
