/** How a journal's writer waits, so that it runs in virtual time too. */
export interface Timers {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Calls back once after that time. @returns the function that prevents it */
  after(ms: number, callback: () => void): () => void;
  /** The same, but a process that is done does not stay for it. */
  inBackground(ms: number, callback: () => void): () => void;
}

export const REAL_TIMERS: Timers = {
  now: () => performance.now(),
  after: (ms, callback) => cancelling(setTimeout(callback, ms)),
  inBackground: (ms, callback) => cancelling(setTimeout(callback, ms).unref()),
};

function cancelling(timer: NodeJS.Timeout): () => void {
  return () => clearTimeout(timer);
}
