/** Threads that work off shares: each gets the next one when it has handed the last one in. */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Figures } from './figures.ts';
import type { Share } from './run-share.ts';
import type { ScenarioFile } from './scenario-file.ts';

/** The same file name in the checkout and in what is published, but for the extension. */
const WORKER = new URL(`./worker${path.extname(import.meta.filename)}`, import.meta.url);

/**
 * A thread holds one migration at a time. Without a limit V8 lets garbage pile up for as long as the machine has
 * memory: 550 MB instead of 240 after 100,000 migrations, and no faster.
 */
const LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 64 };

/**
 * @param take called with each share's figures, in the order in which they come in
 * @param signal ends all threads; the promise then resolves
 * @throws {Error} what a thread threw
 */
export async function workOff(
  file: ScenarioFile,
  shares: Iterable<Share>,
  workers: number,
  take: (share: Share, figures: Figures) => void,
  signal: AbortSignal,
): Promise<void> {
  const queue = shares[Symbol.iterator]();
  const crew = Array.from(
    { length: workers },
    () => new Worker(WORKER, { workerData: file, resourceLimits: LIMITS }),
  );
  try {
    await Promise.all(crew.map((worker) => employ(worker, queue, take, signal)));
  } finally {
    await Promise.all(crew.map((worker) => worker.terminate()));
  }
}

function employ(
  worker: Worker,
  queue: Iterator<Share>,
  take: (share: Share, figures: Figures) => void,
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
  worker.on('message', (figures: Figures) => {
    if (share) take(share, figures);
    next();
  });
  worker.on('error', reject);
  worker.on('exit', (code) => reject(new Error(`a thread of the simulation ended by itself (${code})`)));
  signal.addEventListener('abort', () => resolve(), { once: true });
  next();
  return promise;
}
