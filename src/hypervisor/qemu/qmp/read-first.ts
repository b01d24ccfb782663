import type { Clock } from '../../clock.ts';

/** Until what waits in a socket has been read. */
const READS_FIRST_MS = 1;

/**
 * Calls back after that time, and once what had arrived by then has been read: a process that was held up comes to its timers
 * before its sockets. @returns the function that prevents it
 */
export function afterReading(clock: Clock, ms: number, callback: () => void): () => void {
  let cancel = clock.after(ms, () => {
    cancel = clock.after(READS_FIRST_MS, callback);
  });
  return () => cancel();
}
