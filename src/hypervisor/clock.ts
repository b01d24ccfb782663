/** Time as the drivers see it, so that they run in virtual time too. */
import os from 'node:os';
import { AwakeTime } from './awake.ts';

export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Milliseconds since this machine was started: the same for every process on it. */
  uptimeMs(): number;
  /** Milliseconds in which this process could look: what a patience is counted in (`awake.ts`). */
  awakeMs(): number;
  sleep(ms: number): Promise<void>;
  /** Calls back once after that time. @returns the function that prevents it */
  after(ms: number, callback: () => void): () => void;
}

/** What setTimeout can count; a longer time would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

let awake: AwakeTime | undefined;

export const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  uptimeMs: () => os.uptime() * 1000,
  awakeMs: () => {
    awake ??= new AwakeTime(() => performance.now());
    return awake.read();
  },
  sleep: async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)),
  after: (ms, callback) => {
    if (ms > MAX_TIMER_MS) return () => {};
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
