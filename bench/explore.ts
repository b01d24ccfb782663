/** How many whole migrations the explorer tries in a second, on all cores: seeds 1 to 10,000, the same at each call. */
import { exploreAll } from '../explore/crew.ts';
import { atLeast, type BenchResult, spread } from './goals.ts';

const REPEATS = 5;
const SEEDS_EACH = 2000;
/** Loads and compiles the code. */
const WARM_UP_SEEDS = 200;
const MIGRATIONS_A_SECOND = 200;

export async function run(): Promise<BenchResult> {
  await explored(1, WARM_UP_SEEDS);
  const rates: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const beganMs = performance.now();
    await explored(1 + repeat * SEEDS_EACH, SEEDS_EACH);
    rates.push(SEEDS_EACH / ((performance.now() - beganMs) / 1000));
    process.stderr.write(`explore: ${repeat + 1} of ${REPEATS}: ${Math.round(rates.at(-1) ?? 0)} a second\n`);
  }
  const rate = spread(rates);
  return {
    bench: 'explore',
    figures: { unit: 'migrations a second', repeats: REPEATS, seedsEach: SEEDS_EACH, rate },
    goals: [atLeast('explored: median', rate.median, 'a second', MIGRATIONS_A_SECOND)],
  };
}

/** @throws {Error} where a seed fails: what is explored wrongly is not explored quickly */
async function explored(from: number, count: number): Promise<void> {
  const { failures } = await exploreAll({ from, to: from + count, isEnough: () => false });
  if (failures.length > 0) throw new Error(`seed ${failures[0]?.seed} fails: ${failures[0]?.violations[0]}`);
}
