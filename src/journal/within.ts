import type { Timers } from './timers.ts';

/** @returns what it settles to, or undefined once the time is over: a disk may never answer */
export async function within<T>(ms: number, doing: Promise<T>, timers: Timers): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const cancel = timers.after(ms, () => resolve(undefined));
  try {
    return await Promise.race([doing, promise]);
  } finally {
    cancel();
  }
}
