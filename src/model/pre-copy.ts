/**
 * Pre-copy as arithmetic. A pass that has R bytes to send takes R/B; meanwhile the guest dirties D(R/B),
 * which the next pass has to send:
 *
 *     R' = D(R / B)
 *
 * D is non-decreasing and concave with D(0) = 0, so passes approach one value: the largest F with
 *
 *     D(F / B) = F
 *
 * From above F each pass finds less than it sent, D(R/B) < R, but never less than F, because
 * R >= F gives D(R/B) >= D(F/B) = F. From below they rise towards it. So no number of passes gets below
 * F, and any limit above F is reached after finitely many. F = 0 when the guest dirties slower than the
 * link sends at every time scale, D'(0) <= B: then passes shrink to nothing.
 *
 * All figures are intervals: of every curve and every bandwidth that the observations allow. The lower
 * ends are reached by a curve that fits; the upper ends of several passes may be a little wide, since the
 * roof of a bracket need not be one of its curves.
 */
import type { DirtyCurve } from './dirty-curve.ts';
import { exactly, type Interval } from './interval.ts';
import { transferMs } from './transfer.ts';

/** A migration's conditions, as far as they are known. */
export interface PreCopy {
  readonly curve: DirtyCurve;
  /** Of guest memory, during passes: the capped rate where there is a cap. Bytes per second. */
  readonly bandwidth: Interval;
}

/**
 * How much of a pass's memory is left unsent when it ends. QEMU ends a pass as soon as the rest is below
 * bandwidth x downtime-limit, so with a high limit this is not nothing.
 */
const NOTHING_UNSENT = exactly(0);

/**
 * What the next boundary finds dirty. With u of the pass left unsent, the pass takes (R - u)/B, and the
 * boundary finds the union of the unsent and the newly dirtied:
 *
 *     max(u, D((R - u)/B)) <= R' <= u + D((R - u)/B)
 *
 * @returns bytes
 */
export function nextRest(preCopy: PreCopy, rest: Interval, unsent: Interval = NOTHING_UNSENT): Interval {
  const { curve, bandwidth } = preCopy;
  const shortestMs = transferMs(rest.low - unsent.high, bandwidth.high);
  const longestMs = transferMs(rest.high - unsent.low, bandwidth.low);
  const leastUnsent = Math.min(rest.low, unsent.low);
  const mostUnsent = Math.min(rest.high, unsent.high);
  return {
    low: Math.max(leastUnsent, curve.lower(shortestMs)),
    high: Math.min(curve.memoryBytes, mostUnsent + curve.upper(longestMs)),
  };
}

/** F, what whole passes approach and never get below. @returns bytes; 0 where they shrink to nothing */
export function fixedPoint(preCopy: PreCopy): Interval {
  return preCopy.curve.crossingBytes(preCopy.bandwidth);
}

/**
 * The least that is ever dirty from here on, even if QEMU syncs in the middle of passes.
 *
 * F is what whole passes leave. When the rest is near its threshold QEMU syncs early and goes on from where
 * it was, so the sender sweeps round the memory, and pages differ in age: the time since the sweep was there.
 * A page whose chance to be dirty at age a is P(a) (concave; their sum is D) is sent with P(g) after a gap g.
 * Let T = F / B. The first sweep sends everything, so it takes no less than T; and while all gaps are at least
 * T a sweep sends at least D(T) = B·T, which takes T again. So gaps stay at least T, and of the pages of ages
 * a to a + da at most B·da were sent: the sum of their P(T) is no more than that. With P(a) >= P(T)·a/T
 *
 *     dirty now >= D(T) - ∫ (1 - a/T)·B da over [0, T]  = F / 2
 *
 * and it is F / 2 where pages fill up evenly with time. A guest that rewrites a small set quickly is flat long
 * before T, and more can be said: pages older than any a₀ miss at most D(T) - D(a₀) together, and the
 * younger ones at most ∫ (1 - a/T)·B da over [0, a₀], so
 *
 *     dirty now >= D(a₀) - B·a₀ + B·a₀²/2T        for every a₀ <= T
 *
 * With the lower curve, the higher bandwidth in the first term and B/T = B²/F at its least in the second
 * this holds for whatever fits. Between the vertices of the lower curve it is convex in a₀, so its
 * largest value is at one of them.
 *
 * A rest below F (the workload grew) had a shorter pass before it, t < T: gaps are then at least t only, and
 * the same sum gives D(t) - B·t/2 >= D(t)/2, half of the rest.
 *
 * @param rest what this boundary found @returns bytes
 */
export function leastRest(preCopy: PreCopy, rest: Interval): number {
  const settled = fixedPoint(preCopy);
  const least = leastOfSweeps(preCopy, settled);
  return rest.low >= settled.low ? least : Math.min(least, rest.low / 2);
}

function leastOfSweeps({ curve, bandwidth }: PreCopy, settled: Interval): number {
  if (settled.low === 0) return 0;
  const shortestSweepMs = transferMs(settled.low, bandwidth.high);
  const mostPerMs = bandwidth.high / 1000;
  const leastPerMs = bandwidth.low / 1000;
  let least = settled.low / 2;
  for (const { durationMs: a0, bytes } of curve.vertices) {
    if (a0 > shortestSweepMs) break;
    least = Math.max(least, bytes - mostPerMs * a0 + (a0 * leastPerMs) ** 2 / (2 * settled.high));
  }
  return Math.min(least, settled.low);
}
