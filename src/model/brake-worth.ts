/**
 * When to slow the guest down, and how much, if a second of brown-out has a price as a second of pause has. A brake that
 * withholds the share p of the vCPUs' time for t, after which the guest pauses for P, costs
 *
 *     t  +  Y · p · t  +  P  +  X · max(P, free pause)
 *
 * in milliseconds of migration, beside the passes before it: X is the exchange rate of `worthwhile.ts`, Y the price of a
 * second of a guest that is slowed down altogether. With Y >= X a brake never pays: the guest could as well stand still.
 *
 * What the braked guest will dirty, D((1 - p)·t), lies at times far below any that was measured, where the bracket of D is
 * wide: D(T)·t/T to D(T). The ends are factors apart, so the middle is taken of their logarithms. Where that was too
 * hopeful the price is one braked pass, and `policy/braked.ts` stops the guest at the pause that is needed then.
 */
import { transferMs } from './transfer.ts';
import { costOf, type Expectation, expectedPauseMs, stopsFrom, type Worth } from './worthwhile.ts';

export interface BrakePrice {
  /** Seconds of migration that a second of a guest slowed down altogether is worth: Y. */
  readonly brownOutPrice: number;
  /** No brake may last longer, in milliseconds. */
  readonly longestMs: number;
}

export interface BrakedStop {
  /** Whole passes before it is braked; 0: now. */
  readonly passes: number;
  readonly waitMs: number;
  readonly throttlePercent: number;
  readonly brownOutMs: number;
  readonly pauseMs: number;
  /** In milliseconds of migration, from now on. */
  readonly costMs: number;
}

/** From the hardest on: it is tried first, and a lighter one has to be better. */
const THROTTLE_PERCENTS = [99, 90, 75, 50];

/** More braked passes than this tell that the brake does not help. */
const BRAKED_PASSES = 3;

/**
 * @param mostPasses before it is braked
 * @returns the braked stop that is expected to cost least; undefined where none is possible
 */
export function bestBrake(
  restBytes: number,
  expected: Expectation,
  worth: Worth,
  price: BrakePrice,
  mostPasses = Number.POSITIVE_INFINITY,
): BrakedStop | undefined {
  let best: BrakedStop | undefined;
  for (const { passes, waitMs, pauseMs, restBytes: rest } of stopsFrom(restBytes, expected)) {
    if (passes > mostPasses) break;
    if (pauseMs <= worth.freePauseMs || waitMs >= (best?.costMs ?? Number.POSITIVE_INFINITY)) break;
    for (const throttlePercent of THROTTLE_PERCENTS)
      for (const braked of brakedStops(rest, throttlePercent, expected)) {
        const { brownOutMs } = braked;
        if (brownOutMs > price.longestMs) break;
        const brownOutCost = brownOutMs * (1 + (price.brownOutPrice * throttlePercent) / 100);
        const costMs = brownOutCost + costOf({ waitMs, pauseMs: braked.pauseMs }, worth);
        if (braked.pauseMs <= worth.maxPauseMs && costMs < (best?.costMs ?? Number.POSITIVE_INFINITY))
          best = { passes, waitMs, throttlePercent, ...braked, costMs };
      }
  }
  return best;
}

/** A stop after one braked pass, after two, … */
function* brakedStops(
  restBytes: number,
  throttlePercent: number,
  expected: Expectation,
): Generator<{ brownOutMs: number; pauseMs: number }> {
  let rest = restBytes;
  let brownOutMs = 0;
  for (let passes = 1; passes <= BRAKED_PASSES; passes += 1) {
    const durationMs = transferMs(rest, expected.bytesPerSecond);
    const { low, high } = expected.curve.at(durationMs * (1 - throttlePercent / 100));
    brownOutMs += durationMs;
    rest = Math.sqrt(low * high);
    yield { brownOutMs, pauseMs: expectedPauseMs(rest, expected) };
  }
}
