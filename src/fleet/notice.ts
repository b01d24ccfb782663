/**
 * What the guest of a VM is told of its move, where its own word asks for that: some time before, and how it ended. It stands
 * in the tables, so that whoever goes on with the move neither tells it twice nor begins too early:
 *
 *     (none) ─▶ giving ─▶ given, or failed: it waits until its time has come ─▶ over: it was told how the try ended
 *
 * A guest that cannot be told is moved all the same, at the same time: a notice is a courtesy, and no question.
 */
import { DRAIN_LETS } from './drain-window.ts';
import { tell } from './events.ts';
import type { Lease } from './lease.ts';
import type { Move, MoveState } from './move.ts';
import type { RunDeps } from './move-run.ts';
import { MoveChangedError } from './move-writes.ts';
import type { GuestWord } from './mover.ts';
import type { Change } from './next-step.ts';
import { rideOf } from './ride-of.ts';

/** Begin it now, or wait and look again, or do that in its place. */
export type Due = 'now' | 'later' | { readonly to: MoveState; readonly change: Change };

const LOOK_EVERY_MS = 1000;
const RETRY_MS = 5000;
/** An agent is a program of somebody else's. */
const MOST_WORDS = 300;
const LOST_WORDS = 'its controller went away while it told it: whether its guest has heard it is not known';

const CLAIM = `
update fleet.move set notice = 'giving', notice_until = clock_timestamp() + $2 * interval '1 ms'
where id = $1 and state = 'admitted' and notice is null returning id`;

/** From when it has heard it on. */
const GIVEN = `
update fleet.move set notice = case when $3::text is null then 'given' else 'failed' end, notice_words = $3,
  notice_until = greatest(notice_until, clock_timestamp() + $2 * interval '1 ms')
where id = $1 and notice = 'giving' returning id`;

const OVER = `
update fleet.move set notice = 'over', notice_words = $2 where id = $1 and notice <> 'over' returning id`;

const HOW_LONG = `
select extract(epoch from move.notice_until - clock_timestamp())::float8 * 1000 as "leftMs",
  drain.id is null or ${DRAIN_LETS} as "mayBegin"
from fleet.move left join fleet.drain on drain.id = move.drain where move.id = $1`;

/** Of the holder of one move. */
export class Notice {
  private readonly deps: Pick<RunDeps, 'database' | 'leases' | 'controller' | 'mover' | 'clock'>;
  private readonly lease: Lease;

  constructor(deps: Notice['deps'], lease: Lease) {
    this.deps = deps;
    this.lease = lease;
  }

  /**
   * Of a move that was admitted. It waits for a second at most, so that what becomes of the VM meanwhile is seen.
   * @throws {LeaseLostError} {@link MoveChangedError} {@link StoreError}
   */
  async before(move: Move): Promise<Due> {
    if (move.way !== 'move') return 'now';
    switch (move.notice) {
      case null:
        return await this.give(move);
      case 'giving':
        return await this.takeUp(move);
      case 'over':
        return PUT_OFF;
      default:
        return await this.wait(move);
    }
  }

  /** Of one that was told: how the try has ended. @param at the host that it runs on @throws as {@link Notice.before} */
  async after(move: Move, at: string): Promise<void> {
    if (move.notice === null || move.notice === 'over') return;
    const event = at === move.source ? 'stays' : 'moved';
    const words = await this.say(move, { event, host: at, inMs: 0 });
    const kind = words === null ? 'notice-over' : 'notice-failed';
    await this.write(move, OVER, [words], kind, { event, words });
  }

  private async give(move: Move): Promise<Due> {
    const noticeMs = await this.noticeMsOf(move);
    if (typeof noticeMs !== 'number') return noticeMs;
    if (noticeMs === 0) return 'now';
    await this.write(move, CLAIM, [noticeMs], 'notice-begun', { noticeMs });
    const words = await this.say(move, { event: 'moving', host: move.source, inMs: noticeMs });
    const kind = words === null ? 'notice-given' : 'notice-failed';
    await this.write(move, GIVEN, [noticeMs, words], kind, { noticeMs, words });
    return 'later';
  }

  /** When the guest was told, if it was, only the controller knew that has gone: it has its whole time from now on. */
  private async takeUp(move: Move): Promise<Due> {
    const noticeMs = await this.noticeMsOf(move);
    if (typeof noticeMs !== 'number') return noticeMs;
    await this.write(move, GIVEN, [noticeMs, LOST_WORDS], 'notice-failed', { noticeMs, words: LOST_WORDS });
    return 'later';
  }

  /** By its own word. */
  private async noticeMsOf(move: Move): Promise<number | Due> {
    const { guests } = this.deps.mover;
    if (!guests) return 0;
    try {
      return await guests.noticeMs(rideOf(move));
    } catch (error) {
      const words = `its own word on a notice cannot be heard: ${wordsOf(error)}`;
      return { to: 'queued', change: { code: 'start-failed', words, waitMs: RETRY_MS } };
    }
  }

  private async wait({ id }: Move): Promise<Due> {
    const [row] = await this.deps.database.query<{ leftMs: number; mayBegin: boolean }>(HOW_LONG, [id]);
    // Whoever has paused the drain meanwhile, or cancelled it, wants nothing to begin. It gets another notice in its next turn.
    if (!row?.mayBegin) return PUT_OFF;
    if (row.leftMs <= 0) return 'now';
    await this.deps.clock.sleep(Math.min(row.leftMs, LOOK_EVERY_MS));
    return 'later';
  }

  /** @returns why it may not have heard it; null: it has */
  private async say(move: Move, word: GuestWord): Promise<string | null> {
    this.lease.check();
    try {
      await this.deps.mover.guests?.tell(rideOf(move), word, this.lease);
      return null;
    } catch (error) {
      return bounded(wordsOf(error));
    }
  }

  private async write(
    { id, drain }: Move,
    statement: string,
    values: readonly unknown[],
    kind: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { leases, controller } = this.deps;
    await leases.writing(this.lease, async (within) => {
      const written = await within.query(statement, [id, ...values]);
      if (written.length === 0) throw new MoveChangedError(`the move ${id} is not what it was any more`);
      await tell(within, { kind, move: id, drain, controller, epoch: this.lease.epoch, data });
    });
  }
}

const PUT_OFF: Due = { to: 'queued', change: {} };

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** As a table can keep it: no NUL, no half of a pair, and no more than a sentence. */
function bounded(words: string): string {
  const short = words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
  return short.replaceAll('\0', '\u{FFFD}').toWellFormed();
}
