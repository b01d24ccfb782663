import type { Timers } from './timers.ts';

/** A timer that is later than this was not looked at: what was waited for had no time either. */
const HELD_UP_MS = 100;

/**
 * @returns what it settles to, or undefined once the time is over: a disk may never answer. A process that was held up waits
 * once more
 */
export async function within<T>(ms: number, doing: Promise<T>, timers: Timers): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const dueMs = timers.now() + ms;
  let cancel = timers.after(ms, () => {
    if (timers.now() - dueMs <= HELD_UP_MS) return resolve(undefined);
    cancel = timers.after(ms, () => resolve(undefined));
  });
  try {
    return await Promise.race([doing, promise]);
  } finally {
    cancel();
  }
}
