/** Looking again and again at what comes about by itself, for as long as it is worth while. */
import type { Clock } from './clock.ts';

export interface Looking<T> {
  look(): Promise<T>;
  /** From the first look on, in milliseconds of time awake, for other than what was seen last; 0: it lasts. */
  patienceMs(seen: T): number;
  againAfterMs(seen: T): number;
}

/** @returns what was seen last */
export async function lookUntil<T>(
  clock: Pick<Clock, 'awakeMs' | 'sleep'>,
  { look, patienceMs, againAfterMs }: Looking<T>,
): Promise<T> {
  const sinceMs = clock.awakeMs();
  for (;;) {
    const seen = await look();
    if (clock.awakeMs() - sinceMs >= patienceMs(seen)) return seen;
    await clock.sleep(againAfterMs(seen));
  }
}
