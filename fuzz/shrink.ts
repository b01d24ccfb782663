/** An input as small as it still fails in the same way. */
import { type Failure, failureOf } from './run-input.ts';
import type { Target } from './target.ts';

/** Enough for an input of some kilobytes; what is slow is told as it was found. */
const MOST_TRIES = 4000;

export async function shrink(target: Target, input: Buffer, failure: Failure): Promise<Buffer> {
  if (failure.kind === 'slow') return input;
  let smallest = input;
  let tries = 0;
  const stillFails = async (candidate: Buffer): Promise<boolean> => {
    tries += 1;
    return tries <= MOST_TRIES && (await failureOf(target, candidate))?.kind === failure.kind;
  };
  for (let size = Math.max(1, smallest.length >> 1); ; size = size >> 1) {
    for (let at = 0; at < smallest.length; ) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]);
      if (await stillFails(without)) smallest = without;
      else at += size;
    }
    if (size <= 1) break;
  }
  // What it is made of matters less than that it is there.
  for (let at = 0; at < smallest.length; at += 1) {
    if (smallest[at] === 0x61) continue;
    const plainer = Buffer.from(smallest);
    plainer[at] = 0x61;
    if (await stillFails(plainer)) smallest = plainer;
  }
  return smallest;
}
