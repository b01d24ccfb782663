/**
 * Finds the smallest fixed downtime limit, in steps of 100 ms, at which stock QEMU completes every repeat: what the
 * thesis calls KVM with a relaxed limit. Pure: it is told the runs so far and says which limit to try next.
 */
export const LIMIT_STEP_MS = 100;

export interface Trial {
  readonly limitMs: number;
  readonly success: boolean;
}

export type NextLimit =
  | { readonly settled: false; readonly limitMs: number }
  | { readonly settled: true; readonly limitMs: number };

/**
 * Gallops away from the first guess until one limit fails and a longer one does not, then bisects, then has the
 * smallest one that did not fail succeed often enough.
 * @param guessMs what the guest's dirty set lets expect
 * @param confirmations how often the limit must have succeeded
 */
export function nextLimit(trials: readonly Trial[], guessMs: number, confirmations: number): NextLimit {
  const failed = trials.filter(({ success }) => !success).map(({ limitMs }) => limitMs);
  const longestFailed = Math.max(0, ...failed);
  const good = trials.filter(({ limitMs, success }) => success && limitMs > longestFailed);
  if (trials.length === 0) return { settled: false, limitMs: stepped(guessMs) };
  if (good.length === 0)
    return { settled: false, limitMs: longestFailed + LIMIT_STEP_MS * 2 ** (new Set(failed).size - 1) };
  const shortestGood = Math.min(...good.map(({ limitMs }) => limitMs));
  if (shortestGood - longestFailed > LIMIT_STEP_MS)
    return { settled: false, limitMs: shorter(shortestGood, longestFailed, new Set(good.map(limitOf)).size) };
  const successes = good.filter(({ limitMs }) => limitMs === shortestGood).length;
  return { settled: successes >= confirmations, limitMs: shortestGood };
}

/** @param longestFailedMs 0 where none has failed yet */
function shorter(shortestGoodMs: number, longestFailedMs: number, successes: number): number {
  if (longestFailedMs > 0) return stepped((shortestGoodMs + longestFailedMs) / 2);
  return Math.max(LIMIT_STEP_MS, shortestGoodMs - LIMIT_STEP_MS * 2 ** (successes - 1));
}

/** The next whole step that is not shorter, at least one. */
export function stepped(ms: number): number {
  return Math.max(LIMIT_STEP_MS, Math.ceil(ms / LIMIT_STEP_MS - 1e-9) * LIMIT_STEP_MS);
}

function limitOf({ limitMs }: Trial): number {
  return limitMs;
}

/** What a run of stock QEMU lets expect: the usual rest at a boundary, at the rate of the passes. */
export function guessFrom(
  boundaries: readonly { atMs: number; sentBytes: number; remainingBytes: number }[],
): number {
  const pauses = boundaries.flatMap((boundary, index) => {
    const before = boundaries[index - 1];
    if (!before || index < 2) return [];
    const rate = (boundary.sentBytes - before.sentBytes) / (boundary.atMs - before.atMs);
    return rate > 0 ? [boundary.remainingBytes / rate] : [];
  });
  const sorted = pauses.sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 1000;
}
