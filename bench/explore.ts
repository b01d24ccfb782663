/**
 * How many whole migrations the explorer tries in a second, on all cores: seeds 1 to 12,000, the same at each call. One run,
 * as a long one is, in which each 2,000 seeds are timed by themselves; the first 2,000 load and compile the code and do not count.
 */
import { exploreAll } from '../explore/crew.ts';
import { atLeast, type BenchResult, spread } from './goals.ts';

const REPEATS = 5;
const SEEDS_EACH = 2000;
const MIGRATIONS_A_SECOND = 200;

/** @throws {Error} where a seed fails: what is explored wrongly is not explored quickly */
export async function run(): Promise<BenchResult> {
  const rates: number[] = [];
  let stretch = { from: 0, beganMs: performance.now() };
  const { failures } = await exploreAll({
    from: 1,
    to: 1 + (1 + REPEATS) * SEEDS_EACH,
    isEnough: ({ explored }) => {
      if (explored - stretch.from < SEEDS_EACH) return false;
      const nowMs = performance.now();
      const rate = (explored - stretch.from) / ((nowMs - stretch.beganMs) / 1000);
      const isWarm = stretch.from > 0;
      stretch = { from: explored, beganMs: nowMs };
      if (!isWarm) return false;
      rates.push(rate);
      process.stderr.write(`explore: ${rates.length} of ${REPEATS}: ${Math.round(rate)} a second\n`);
      return false;
    },
  });
  if (failures.length > 0) throw new Error(`seed ${failures[0]?.seed} fails: ${failures[0]?.violations[0]}`);
  const rate = spread(rates);
  return {
    bench: 'explore',
    figures: { unit: 'migrations a second', repeats: REPEATS, seedsEach: SEEDS_EACH, rate },
    goals: [atLeast('explored: median', rate.median, 'a second', MIGRATIONS_A_SECOND)],
  };
}
