/** That a VM waits for a calmer moment from the beginning on, as its row says it. */
import { CALMER_MOMENT } from '../drain/calm.ts';

export interface CalmWish {
  readonly since: Date;
  readonly until: Date;
  readonly words: string;
  readonly remedy: string;
}

/** Columns of its row. */
export function calmOf(calm: CalmWish | undefined) {
  if (!calm) return {};
  const { since: calmSince, until: calmUntil, words, remedy } = calm;
  return { calmSince, calmUntil, code: CALMER_MOMENT, words, remedy };
}
