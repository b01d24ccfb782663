/** The drain on the axis of time: when each move starts and ends, if each takes as long as it is said to. */
import { mayBegin, nextOpensMs, type Openings } from './openings.ts';
import { type Mover, type SlotRules, startsNow, widthOf } from './slots.ts';

export interface TimedMove extends Mover {
  /** How long it takes among that many moves on its busiest link, in ms; above 0. */
  durationMs(among: number): number;
  /** It has its slots, and does not use them yet, in ms: its guest has its notice; left out: it begins at once. */
  readonly noticeMs?: number | undefined;
  /** As in `mayBegin`, its notice included. */
  readonly expectsMs?: number | undefined;
  /** It is on its way as the schedule begins: no window keeps it. */
  readonly hasBegun?: boolean;
}

export interface ScheduleRules extends SlotRules {
  /** In which moves begin, in ms from the beginning of the schedule; undefined: they do at any time. */
  readonly openings?: Openings | undefined;
}

export interface Scheduled<M> {
  readonly move: M;
  readonly startMs: number;
  readonly endMs: number;
  /** The most moves that were on its busiest link at a time, itself included. */
  readonly among: number;
}

interface Running<M> {
  readonly move: M;
  readonly startMs: number;
  /** Of the move, as a fraction. */
  left: number;
  among: number;
}

/** What is left of a move after all is rounding. */
const DONE = 1e-9;

/**
 * A slot that is free is filled at once, from the front of the order. Among n a move gets on as fast as if it were among n from
 * beginning to end, so that one whose neighbour ends in the middle speeds up there.
 * @returns those that begin: without those for which no window will open any more
 */
export function schedule<M extends TimedMove>(
  inOrder: readonly M[],
  rules: ScheduleRules,
): readonly Scheduled<M>[] {
  const { openings } = rules;
  let waiting = inOrder;
  let running: Running<M>[] = [];
  let nowMs = 0;
  const done: Scheduled<M>[] = [];
  while (waiting.length > 0 || running.length > 0) {
    const open = openings ? waiting.filter((move) => isOpen(move, openings, nowMs)) : waiting;
    const isAwaited = openings && open.length < waiting.length;
    const opensMs = isAwaited ? nextOpensMs(openings, nowMs) : Number.POSITIVE_INFINITY;
    const starts = startsNow(
      open,
      running.map(({ move }) => move),
      rules,
    );
    waiting = waiting.filter((move) => !starts.includes(move));
    running.push(...starts.map((move) => ({ move, startMs: nowMs, left: 1, among: 1 })));
    const movers = running.map(({ move }) => move);
    const paces = running.map((each) => {
      const among = widthOf(each.move, movers);
      each.among = Math.max(each.among, among);
      const { noticeMs = 0 } = each.move;
      return { each, durationMs: noticeMs + each.move.durationMs(among) };
    });
    const restMs = opensMs - nowMs;
    const stepMs = Math.min(restMs, ...paces.map(({ each, durationMs }) => each.left * durationMs));
    if (stepMs === Number.POSITIVE_INFINITY) break;
    // Exactly as it opens: a sum may be a little less.
    nowMs = stepMs === restMs ? opensMs : nowMs + stepMs;
    for (const { each, durationMs } of paces) each.left -= stepMs / durationMs;
    for (const { move, startMs, left, among } of running)
      if (left <= DONE) done.push({ move, startMs, endMs: nowMs, among });
    running = running.filter(({ left }) => left > DONE);
  }
  return done;
}

function isOpen({ expectsMs, hasBegun }: TimedMove, openings: Openings, nowMs: number): boolean {
  if (hasBegun) return true;
  const opening = openings.at(nowMs);
  return opening !== undefined && mayBegin(opening, expectsMs, nowMs);
}

export function makespanMs(scheduled: readonly Pick<Scheduled<unknown>, 'endMs'>[]): number {
  return Math.max(0, ...scheduled.map(({ endMs }) => endMs));
}
