/** What the holder of a VM that is to be shut down, or started again, does next. Pure. */
import { formatDuration } from '../model/units.ts';
import type { Move, MoveState } from './move.ts';
import type { Failure, Located } from './mover.ts';
import { afterFailure, type Change, type Written } from './next-step.ts';

export type NextStop = { readonly do: 'ask' } | { readonly do: 'wait' } | Written;

/** Until it is looked at again, where others are moving it. */
const AFTER_OTHERS_MS = 5000;

/** Of a VM that was asked to shut down, and did not in time. It is asked, and never forced. */
export const NOT_OFF = 'not-off';

/**
 * @param failure how asking it failed, if it did
 * @param timeoutMs how long it may take from its admission on
 * @param random from 0 to 1
 */
export function nextStop(
  move: Move,
  located: Located,
  failure: Failure | undefined,
  timeoutMs: number,
  random: number,
): NextStop {
  switch (located.kind) {
    case 'migrating':
      return write('queued', {
        ...{ code: 'already-migrating', words: 'others are moving it', waitMs: AFTER_OTHERS_MS },
        isNoTry: move.state !== 'admitted',
      });
    case 'absent':
      return move.state === 'admitted'
        ? write('gone', { code: 'absent', words: 'it was off before it was asked to shut down' })
        : write('off');
    case 'at':
      if (located.host !== move.source)
        return write('gone', { code: 'elsewhere', words: `others moved it to ${located.host}` });
      if (failure) return afterFailure(move, failure, random);
      if (move.state !== 'stopping') return move.intent === 'cancel' ? write('cancelled') : { do: 'ask' };
      if ((move.admittedForMs ?? 0) <= timeoutMs) return { do: 'wait' };
      return write('held', {
        code: NOT_OFF,
        words: `it was asked to shut down, and is not off after ${formatDuration(timeoutMs)}`,
        remedy: `shut it down by hand, or \`switchover drain decide HOST ${move.name} move\``,
      });
  }
}

/** Of one that was shut down, and whose host is back. It may have been started meanwhile, there or elsewhere. */
export function nextStart(
  move: Move,
  located: Located,
  failure: Failure | undefined,
  random: number,
): NextStop {
  switch (located.kind) {
    case 'migrating':
      return write('gone', { code: 'elsewhere', words: 'others started it, and are moving it' });
    case 'at':
      return located.host === move.source
        ? write('moved')
        : write('gone', { code: 'elsewhere', words: `others started it on ${located.host}` });
    case 'absent':
      if (failure) return afterFailure(move, failure, random);
      return move.intent === 'cancel' ? write('cancelled') : { do: 'ask' };
  }
}

function write(to: MoveState, change: Change = {}): Written {
  return { do: 'write', to, change };
}
