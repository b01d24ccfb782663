/**
 * A VM's own word for the maintenance of its host, and what a drain makes of it. Nothing is shut down unless that word, or a
 * person, says so; a move that fails is never turned into a shutdown.
 */
import type { Reason } from './facts.ts';

/** How a VM leaves. `start`: it was shut down to be started again, and its host is back. */
export const WAYS = ['move', 'shutdown', 'shutdown-and-return', 'start'] as const;
export type Way = (typeof WAYS)[number];

/** What a VM may say of itself, and a person of it. */
export type OwnWord = 'move' | 'leave' | 'shutdown' | 'shutdown-and-return' | 'ask';

/** What a person may say of a VM, whatever its own word is. */
export const DECISIONS = ['move', 'shutdown', 'shutdown-and-return', 'leave'] as const;
export type Decision = (typeof DECISIONS)[number];

/** Its owner wants it to stay: it is left, and nobody is asked. */
export const STAYS = 'own-word';
/** Its owner wants to be asked. */
export const ASKS = 'asks-first';
/** By its owner's word it may not be done what it was queued for. */
export const OTHER_WORD = 'other-word';

export function wayOfWord(word: OwnWord): Way {
  return word === 'shutdown' || word === 'shutdown-and-return' ? word : 'move';
}

export function stops(way: Way): boolean {
  return way === 'shutdown' || way === 'shutdown-and-return';
}

/** Why a drain may not do anything to it by itself. */
export function objectionOf(word: OwnWord, name: string): Reason | undefined {
  if (word === 'leave')
    return {
      code: STAYS,
      words: 'by its own word, maintenance="leave", it stays',
      remedy: `\`switchover drain decide HOST ${name} move\` overrules that`,
    };
  if (word === 'ask')
    return {
      code: ASKS,
      words: 'by its own word, maintenance="ask", somebody decides first',
      remedy: `\`switchover drain decide HOST ${name} move\`, or shutdown, shutdown-and-return or leave`,
    };
  return undefined;
}

/** It was queued by what it said then, and says something else by now. */
export function otherWord(word: OwnWord, name: string): Reason {
  const objection = objectionOf(word, name);
  return {
    code: OTHER_WORD,
    words: objection?.words ?? `by its own word it is maintenance="${word}" now`,
    remedy: `\`switchover drain decide HOST ${name} …\` says what is to be done with it`,
  };
}
