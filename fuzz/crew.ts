/** Fuzzes targets on as many threads as are asked for, and ends a thread whose input does not end. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Fuzzed } from './fuzz-one.ts';
import { Trying } from './trying.ts';
import type { Order } from './worker.ts';

/** An input that takes longer is taken for one that never ends. Shrinking tries new ones all the time. */
const NEVER_ENDS_MS = 20_000;
const LOOK_EVERY_MS = 1000;

/** What V8 optimises it inlines, and does not count by itself any more. Inputs are small: they take no longer without. */
for (const flag of ['--no-opt', '--no-maglev']) setFlagsFromString(flag);

export interface CrewOptions {
  readonly threads: number;
  /** The name of a defect that is planted first. */
  readonly defect?: string | undefined;
  told?(fuzzed: Fuzzed): void;
}

/** @returns what came of each order, in their order */
export async function fuzzAll(
  orders: readonly Order[],
  { threads, defect, told }: CrewOptions,
): Promise<readonly Fuzzed[]> {
  const results: Fuzzed[] = [];
  // A thread that is ended clears nothing up.
  const folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-fuzz-'));
  const removed = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removed);
  let next = 0;
  const work = async (): Promise<void> => {
    let thread = new Thread(defect, folder);
    for (let at = next++; at < orders.length; at = next++) {
      const order = orders[at] as Order;
      const fuzzed = await thread.fuzz(order);
      results[at] = fuzzed;
      told?.(fuzzed);
      if (thread.state === 'ended') thread = new Thread(defect, folder);
    }
    await thread.end();
  };
  try {
    await Promise.all(Array.from({ length: Math.min(threads, orders.length) }, work));
    return results;
  } finally {
    removed();
    process.off('exit', removed);
  }
}

class Thread {
  state: 'working' | 'ended' = 'working';
  private readonly trying = new Trying();
  private readonly worker: Worker;

  /** @param folder for what targets write */
  constructor(defect: string | undefined, folder: string) {
    this.worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { defect, shared: this.trying.shared },
      env: { ...process.env, TMPDIR: folder },
    });
  }

  async fuzz(order: Order): Promise<Fuzzed> {
    const beganMs = performance.now();
    const triedBefore = this.trying.count;
    const done = new AbortController();
    const failed = (words: string): Fuzzed => ({
      ...{ target: order.target, seed: order.seed, inputs: this.trying.count - triedBefore, corpus: 0 },
      ...{ blocks: 0, ofBlocks: 0, tookMs: performance.now() - beganMs },
      finding: { words, input: this.trying.read() },
    });
    const answered = once(this.worker, 'message', { signal: done.signal }).then(
      ([fuzzed]) => withBuffer(fuzzed as Fuzzed),
      // What a parser left behind threw, or rejected, where nobody could catch it.
      (error: unknown) => failed(`uncaught: ${error instanceof Error ? (error.stack ?? error) : error}`),
    );
    const neverEnds = this.neverEnds(done.signal).then(() =>
      failed(`it did not end within ${NEVER_ENDS_MS / 1000} s`),
    );
    this.worker.postMessage(order);
    const fuzzed = await Promise.race([answered, neverEnds]);
    done.abort();
    // It may be at its end, or in the middle of something: the next target has a thread of its own.
    if (fuzzed.finding) await this.end();
    return fuzzed;
  }

  async end(): Promise<void> {
    this.state = 'ended';
    await this.worker.terminate();
  }

  private async neverEnds(signal: AbortSignal): Promise<void> {
    let seen = this.trying.count;
    let sinceMs = performance.now();
    return await new Promise((resolve) => {
      const timer = setInterval(() => {
        const { count } = this.trying;
        if (count !== seen) {
          seen = count;
          sinceMs = performance.now();
        } else if (performance.now() - sinceMs > NEVER_ENDS_MS) {
          clearInterval(timer);
          resolve();
        }
      }, LOOK_EVERY_MS);
      signal.addEventListener('abort', () => clearInterval(timer));
    });
  }
}

/** A buffer that was sent to another thread arrives as its bytes only. */
function withBuffer(fuzzed: Fuzzed): Fuzzed {
  const { finding } = fuzzed;
  return finding ? { ...fuzzed, finding: { ...finding, input: Buffer.from(finding.input) } } : fuzzed;
}
