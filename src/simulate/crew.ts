/** Threads that work off shares: each gets the next one when it has handed the last one in. */
import { type ResourceLimits, Worker } from 'node:worker_threads';

export interface Crew {
  /** What each thread runs: it answers each share that it is sent. */
  readonly program: URL;
  readonly workerData: unknown;
  readonly workers: number;
  /** Left out: as much memory as the machine has. */
  readonly resourceLimits?: ResourceLimits;
}

/**
 * @param take called with each share's result, in the order in which they come in
 * @param signal ends all threads; the promise then resolves
 * @throws {Error} what a thread threw
 */
export async function workOff<Share, Result>(
  { program, workers, workerData, resourceLimits }: Crew,
  shares: Iterable<Share>,
  take: (share: Share, result: Result) => void,
  signal: AbortSignal,
): Promise<void> {
  const queue = shares[Symbol.iterator]();
  const options = { workerData, ...(resourceLimits ? { resourceLimits } : {}) };
  const crew = Array.from({ length: workers }, () => new Worker(program, options));
  try {
    await Promise.all(crew.map((worker) => employ(worker, queue, take, signal)));
  } finally {
    await Promise.all(crew.map((worker) => worker.terminate()));
  }
}

function employ<Share, Result>(
  worker: Worker,
  queue: Iterator<Share>,
  take: (share: Share, result: Result) => void,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let share: Share | undefined;
  const next = () => {
    const { done, value } = queue.next();
    if (done || signal.aborted) return resolve();
    share = value;
    worker.postMessage(share);
  };
  worker.on('message', (result: Result) => {
    if (share) take(share, result);
    next();
  });
  worker.on('error', reject);
  worker.on('exit', (code) => reject(new Error(`a thread of the simulation ended by itself (${code})`)));
  signal.addEventListener('abort', () => resolve(), { once: true });
  next();
  return promise;
}
