/** One input, and what is wrong with what came of it. */
import { Broken } from './hold.ts';
import { MS_PER_BYTE, type Target } from './target.ts';

/** Beyond this, and what its bytes may cost, an input is too slow. */
const SLOW_MS = 100;
/** Something else may have had the processor, so it is run again, and what this thread had of it counts: the least of so many. */
const SLOW_TRIES = 3;

export interface Failure {
  /** The same for all inputs that fail in the same way. */
  readonly kind: string;
  readonly words: string;
}

/** @returns undefined where all held */
export async function failureOf(target: Target, input: Buffer): Promise<Failure | undefined> {
  const longestMs = SLOW_MS + (target.msPerByte ?? MS_PER_BYTE) * input.length;
  const beganMs = performance.now();
  const failure = await outcomeOf(target, input);
  if (failure || performance.now() - beganMs <= longestMs) return failure;
  let quickestMs = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < SLOW_TRIES && quickestMs > longestMs; attempt += 1) {
    const before = process.threadCpuUsage();
    await outcomeOf(target, input);
    const { user, system } = process.threadCpuUsage(before);
    quickestMs = Math.min(quickestMs, (user + system) / 1000);
  }
  if (quickestMs <= longestMs) return undefined;
  return { kind: 'slow', words: `it took ${Math.round(quickestMs)} ms for ${input.length} bytes` };
}

async function outcomeOf(target: Target, input: Buffer): Promise<Failure | undefined> {
  try {
    const checking = target.check(input);
    // Most are done by now, and waiting for nothing takes its time too.
    if (checking !== undefined) await checking;
  } catch (error) {
    return failureFrom(error);
  }
  for (const key in {}) return { kind: 'polluted', words: `every object has ${JSON.stringify(key)} now` };
  return undefined;
}

function failureFrom(error: unknown): Failure {
  if (error instanceof Broken) return { kind: error.rule, words: error.message };
  if (!(error instanceof Error)) return { kind: 'not an error', words: `${String(error)} was thrown` };
  const place =
    error.stack
      ?.split('\n')
      .find((line) => /\/src\//.test(line))
      ?.trim() ?? '';
  return {
    kind: `${error.name} ${place}`,
    words: `${error.name}, which nothing allows: ${error.message} ${place}`,
  };
}
