/** As many threads as there are cores, fed with shares of the seeds until these are explored, or it is enough. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { NOTHING_EXPLORED, type Share, type ShareResult, together } from './shares.ts';

const SHARE = 50;

export interface Task {
  /** The first seed. */
  readonly from: number;
  /** The first one that is not explored any more; `Infinity`: until it is enough. */
  readonly to: number;
  /** The name of a defect that is planted first. */
  readonly defect?: string | undefined;
  /** Called after each share. @returns whether that is enough */
  isEnough(soFar: ShareResult): boolean;
}

export async function exploreAll({ from, to, defect, isEnough }: Task): Promise<ShareResult> {
  let next = from;
  let all = NOTHING_EXPLORED;
  let enough = false;
  const share = (): Share | undefined => {
    if (enough || next >= to) return undefined;
    const count = Math.min(SHARE, to - next);
    next += count;
    return { from: next - count, count };
  };
  const take = (result: ShareResult): void => {
    all = together(all, result);
    enough ||= isEnough(all);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(defect, share, take)));
  const failures = all.failures.toSorted((a, b) => a.seed - b.seed);
  return { ...all, failures };
}

async function work(
  defect: string | undefined,
  share: () => Share | undefined,
  take: (result: ShareResult) => void,
): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { defect } });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const feed = (): void => {
    const next = share();
    if (next) worker.postMessage(next);
    else resolve();
  };
  worker.on('message', (result: ShareResult) => {
    take(result);
    feed();
  });
  worker.on('error', reject);
  feed();
  try {
    await promise;
  } finally {
    await worker.terminate();
  }
}
