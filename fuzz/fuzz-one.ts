/**
 * Fuzzes one parser: changes inputs of a corpus that begins with real ones, and keeps those that reach code which none
 * before them reached. The same seed gives the same inputs, as many as are asked for.
 */
import { Random } from '../src/simulate/random.ts';
import type { Coverage, Reached } from './coverage.ts';
import { draw } from './mutate.ts';
import { failureOf } from './run-input.ts';
import { shrink } from './shrink.ts';
import { MOST_BYTES, type Target } from './target.ts';

/** Coverage is asked for after so many inputs, since that takes some milliseconds. */
const BATCH = 128;
/** Longer ones are tried, and not built upon: they would slow down all that come after. */
const MOST_KEPT_BYTES = 8192;

export interface Task {
  readonly seed: number;
  /** `Infinity`: until the time is over. */
  readonly inputs: number;
  readonly forMs: number;
}

export interface Finding {
  readonly words: string;
  /** As small as it still fails. */
  readonly input: Buffer;
}

export interface Fuzzed extends Reached {
  readonly target: string;
  readonly seed: number;
  readonly inputs: number;
  readonly tookMs: number;
  /** Inputs that led further, real ones among them. */
  readonly corpus: number;
  readonly finding: Finding | undefined;
}

/** @param trying called before each input, so that somebody else knows it should it never end */
export async function fuzzOne(
  parser: Target,
  { seed, inputs: wanted, forMs }: Task,
  coverage: Coverage,
  trying: (input: Buffer) => void,
): Promise<Fuzzed> {
  const { words, mostBytes = MOST_BYTES } = parser;
  const target: Target = {
    ...parser,
    check(input) {
      trying(input);
      return parser.check(input);
    },
  };
  const random = new Random(seed);
  const beganMs = performance.now();
  const corpus: Buffer[] = target.seeds.map((each) => Buffer.from(each as Uint8Array));
  let inputs = 0;
  let finding: Finding | undefined;

  const run = async (batch: readonly Buffer[]): Promise<void> => {
    for (const input of batch) {
      inputs += 1;
      const failure = await failureOf(target, input);
      if (failure) {
        finding = { words: failure.words, input: await shrink(target, input, failure) };
        return;
      }
    }
  };

  await run(corpus);
  coverage.learn(coverage.look());
  while (!finding && inputs < wanted && performance.now() - beganMs < forMs) {
    const size = Math.min(BATCH, wanted - inputs);
    const batch = Array.from({ length: size }, () => draw(random, { corpus, words, mostBytes }));
    await run(batch);
    const news = coverage.look();
    if (finding || news.length === 0) continue;
    corpus.push(...(await leadingFurther(target, batch, coverage)));
    // What no single one of them does again, as what happens once in a process.
    coverage.learn(news);
  }
  const tookMs = performance.now() - beganMs;
  if (!finding) for (const input of corpus) await target.check(input);
  return {
    ...{ target: target.name, seed, inputs, tookMs, corpus: corpus.length, finding },
    ...coverage.lookAtBlocks(),
  };
}

/** Those of a batch that reach what none before did, by halves. */
async function leadingFurther(
  target: Target,
  batch: readonly Buffer[],
  coverage: Coverage,
): Promise<readonly Buffer[]> {
  if (batch.length === 0) return [];
  for (const input of batch) await target.check(input);
  const news = coverage.look();
  if (news.length === 0) return [];
  if (batch.length === 1) {
    coverage.learn(news);
    return batch.filter(({ length }) => length <= MOST_KEPT_BYTES);
  }
  const middle = batch.length >> 1;
  const first = await leadingFurther(target, batch.slice(0, middle), coverage);
  return [...first, ...(await leadingFurther(target, batch.slice(middle), coverage))];
}
