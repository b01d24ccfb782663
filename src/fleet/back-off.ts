/** How long a move that failed waits. Pure. */
const FIRST_MS = 20_000;
const LONGEST_MS = 600_000;
const JITTER = 0.2;

/** Of starts, the first one included. */
export const MOST_TRIES = 5;

/**
 * @param tries that were made, from 1
 * @param random from 0 to 1
 * @returns milliseconds: 20 s, doubled with each try, at most 10 min, give or take a fifth
 */
export function backOffMs(tries: number, random: number): number {
  const ms = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, tries - 1));
  return Math.round(ms * (1 - JITTER + 2 * JITTER * random));
}
