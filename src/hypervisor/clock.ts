/** Time as the drivers see it, so that they run in virtual time too. */
import os from 'node:os';

export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Milliseconds since this machine was started: the same for every process on it. */
  uptimeMs(): number;
  sleep(ms: number): Promise<void>;
  /** Calls back once after that time. @returns the function that prevents it */
  after(ms: number, callback: () => void): () => void;
}

/** What setTimeout can count; a longer time would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  uptimeMs: () => os.uptime() * 1000,
  sleep: async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)),
  after: (ms, callback) => {
    if (ms > MAX_TIMER_MS) return () => {};
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
