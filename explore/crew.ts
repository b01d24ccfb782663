/** As many threads as there are cores, fed with shares of the seeds until these are explored, or it is enough. */
import { availableParallelism } from 'node:os';
import { workOff } from '../src/simulate/crew.ts';
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

/** What was handed out is explored to its end also where it is enough: there is no gap between the seeds. */
export async function exploreAll({ from, to, defect, isEnough }: Task): Promise<ShareResult> {
  let all = NOTHING_EXPLORED;
  let enough = false;
  function* shares(): Generator<Share> {
    for (let next = from; next < to && !enough; next += SHARE)
      yield { from: next, count: Math.min(SHARE, to - next) };
  }
  const take = (_: Share, result: ShareResult): void => {
    all = together(all, result);
    enough ||= isEnough(all);
  };
  const crew = {
    program: new URL('./worker.ts', import.meta.url),
    workerData: { defect },
    workers: availableParallelism(),
  };
  await workOff(crew, shares(), take, new AbortController().signal);
  return { ...all, failures: all.failures.toSorted((a, b) => a.seed - b.seed) };
}
