/**
 * What a failure means for the rest of the drain. A pre-flight's refusal is final until the host or the VM changes; room and
 * lost connections come back by themselves; a pause that does not fit is a person's choice; and of a VM of which nobody knows
 * where it runs nothing is guessed.
 */

import { CALMER_MOMENT } from './calm.ts';

export type FailureClass = 'permanent' | 'capacity' | 'transient' | 'no-pause-fits' | 'unknown-side';

/** By the code of the reason. What is not here is permanent: repeating what nobody understands helps nobody. */
const CLASS_OF: Readonly<Record<string, FailureClass>> = {
  'no-memory': 'capacity',
  'kept-apart': 'capacity',
  cordoned: 'capacity',
  unreachable: 'transient',
  'monitor-busy': 'transient',
  'already-migrating': 'transient',
  'destination-not-waiting': 'transient',
  /** Another controller drives it, for now. */
  held: 'transient',
  /** A migration that began and broke off. */
  'migration-failed': 'transient',
  'no-pause-fits': 'no-pause-fits',
  [CALMER_MOMENT]: 'no-pause-fits',
  'unknown-side': 'unknown-side',
};

/** Of what waits for room. */
export const CAPACITY_CODES: readonly string[] = Object.keys(CLASS_OF).filter(
  (code) => CLASS_OF[code] === 'capacity',
);

export function failureClass(code: string): FailureClass {
  return Object.hasOwn(CLASS_OF, code) ? (CLASS_OF[code] ?? 'permanent') : 'permanent';
}

/** Of several reasons the one that time alone does not mend counts. */
export function classOfAll(codes: readonly string[]): FailureClass {
  const classes = codes.map(failureClass);
  const worstFirst = ['unknown-side', 'permanent', 'no-pause-fits', 'capacity', 'transient'] as const;
  return worstFirst.find((each) => classes.includes(each)) ?? 'permanent';
}

const FIRST_RETRY_MS = 20_000;
const LONGEST_RETRY_MS = 600_000;
/** So that what failed together does not come back together. */
const SPREAD = 0.2;
export const MOST_TRIES = 5;

export type Next =
  | { readonly next: 'retry'; readonly atMs: number }
  /** Not counted as a try. */
  | { readonly next: 'wait-for-room' }
  /** `looksAgain`: by itself when the host or the VM changes; otherwise a person has to say something. */
  | { readonly next: 'hold'; readonly looksAgain: boolean }
  /** The whole drain: nothing is begun while nobody knows where a VM runs. */
  | { readonly next: 'pause-drain' };

/**
 * @param tries how often it failed for something transient, this time included
 * @param chance from 0 to 1, drawn by the caller
 */
export function afterFailure(kind: FailureClass, tries: number, nowMs: number, chance: number): Next {
  if (kind === 'capacity') return { next: 'wait-for-room' };
  if (kind === 'unknown-side') return { next: 'pause-drain' };
  if (kind === 'no-pause-fits') return { next: 'hold', looksAgain: false };
  if (kind === 'permanent') return { next: 'hold', looksAgain: true };
  if (tries >= MOST_TRIES) return { next: 'hold', looksAgain: false };
  return { next: 'retry', atMs: nowMs + retryDelayMs(tries, chance) };
}

/** @returns milliseconds: 20 s, doubled with each try, at most 10 min, give or take a fifth @param tries that were made, from 1 */
export function retryDelayMs(tries: number, chance: number): number {
  const delayMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, tries - 1));
  return Math.round(delayMs * (1 + SPREAD * (2 * chance - 1)));
}

/** How a destination has done lately. */
export interface Breaker {
  readonly failuresInARow: number;
  /** Until then nothing is sent there; undefined: it is not out. */
  readonly outUntilMs: number | undefined;
}

export const TRUSTED: Breaker = { failuresInARow: 0, outUntilMs: undefined };

const FAILURES_TO_BREAK = 3;
const OUT_FOR_MS = 600_000;

/** After a move to it failed for something transient. */
export function failedThere({ failuresInARow }: Breaker, nowMs: number): Breaker {
  const now = failuresInARow + 1;
  return { failuresInARow: now, outUntilMs: now >= FAILURES_TO_BREAK ? nowMs + OUT_FOR_MS : undefined };
}

export function isOut({ outUntilMs }: Breaker, nowMs: number): boolean {
  return outUntilMs !== undefined && nowMs < outUntilMs;
}
