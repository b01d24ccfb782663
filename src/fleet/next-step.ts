/** What a move's holder does next, from what is written and what the hypervisors say. Pure. */
import { MOST_TRIES, retryDelayMs } from '../drain/failures.ts';
import type { Move, MoveState } from './move.ts';
import type { Failure, Located } from './mover.ts';

export type NextStep =
  | { readonly do: 'start' }
  | { readonly do: 'attach' }
  /** A migration runs that is not the one that was admitted: its claims are others. */
  | { readonly do: 'claim-seen' }
  | Written;

export interface Written {
  readonly do: 'write';
  readonly to: MoveState;
  readonly change: Change;
}

export interface Change {
  readonly code?: string;
  readonly words?: string;
  readonly remedy?: string | undefined;
  /** Until it is tried again. */
  readonly waitMs?: number;
  readonly failedAt?: string;
  /** What was tried does not count. */
  readonly isNoTry?: boolean;
  /** The destination does not take it as it is. */
  readonly isRefused?: boolean;
  /** Nothing new of its drain begins until a person has looked. */
  readonly pausesDrain?: boolean;
  /** It counts against the destination. */
  readonly isTransient?: boolean;
}

const UNWATCHED: Failure = {
  class: 'transient',
  code: 'ended-unwatched',
  words: 'the migration ended on the source while no controller watched it',
};
const CAPACITY_WAIT_MS = 5000;

/** Of a move that is held because nobody knew how its migration ended. */
export const WAS_UNKNOWN = 'was-unknown';

/**
 * @param failure how the last act on it failed, if it did
 * @param random from 0 to 1
 */
export function nextStep(
  move: Move,
  located: Located,
  failure: Failure | undefined,
  random: number,
): NextStep {
  switch (located.kind) {
    case 'migrating':
      // Before we have written that we start it, it is not ours either.
      if (!isItsWay(move, located) || move.state === 'admitted') return { do: 'claim-seen' };
      return move.state === 'moving' ? { do: 'attach' } : write('moving');
    case 'absent':
      return write('gone', { code: 'absent', words: 'it is off, or on no host that answers for it' });
    case 'at':
      if (located.host === move.source) return onSource(move, failure, random);
      if (located.host === move.destination && !wasTakenByOthers(move)) return write('moved');
      return write('gone', { code: 'elsewhere', words: `others moved it to ${located.host}` });
  }
}

function onSource(move: Move, failure: Failure | undefined, random: number): NextStep {
  if (move.state === 'unknown')
    return write('held', {
      code: WAS_UNKNOWN,
      words:
        'it runs on the source after a migration whose end nobody knew: look at it, then resume the drain',
    });
  if (move.isForeign && move.state === 'moving')
    return move.drain === null
      ? write('gone', { code: 'foreign', words: 'others began it, and it ended on the source' })
      : write('queued');
  if (move.intent === 'cancel') return write('cancelled');
  if (failure) return afterFailure(move, failure, random);
  if (move.state === 'moving') return afterFailure(move, UNWATCHED, random);
  if (move.tries >= MOST_TRIES) return afterFailure(move, { ...UNWATCHED, code: 'starts-lost' }, random);
  return { do: 'start' };
}

export function afterFailure(move: Move, failure: Failure, random: number): Written {
  const failedAt = move.destination ?? '';
  const { code, words, remedy } = failure;
  const told = { code, words, remedy, failedAt };
  if (failure.class === 'capacity')
    return write('queued', { ...told, waitMs: CAPACITY_WAIT_MS, isNoTry: true });
  // Whoever places it next finds another destination, or holds it.
  if (failure.class === 'refused') return write('queued', { ...told, isNoTry: true, isRefused: true });
  if (failure.class !== 'transient') return write('held', told);
  if (move.tries >= MOST_TRIES)
    return write('held', { ...told, words: `${words} (${move.tries} tries)`, isTransient: true });
  return write('queued', { ...told, waitMs: retryDelayMs(move.tries, random), isTransient: true });
}

function isItsWay(move: Move, way: { readonly source: string; readonly destination: string }): boolean {
  return way.source === move.source && way.destination === move.destination;
}

/** What belongs to a drain and was moved by others is theirs. */
function wasTakenByOthers({ isForeign, drain }: Move): boolean {
  return isForeign && drain !== null;
}

function write(to: MoveState, change: Change = {}): Written {
  return { do: 'write', to, change };
}
