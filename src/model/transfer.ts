/**
 * Thirty years. Longer durations say nothing more and would let infinities into sums; a link that carries
 * nothing takes this long for everything.
 */
export const LONGEST_MS = 1e12;

/** How long `bytes` take at a rate: bytes / rate, at most {@link LONGEST_MS}. @returns milliseconds */
export function transferMs(bytes: number, bytesPerSecond: number): number {
  if (!(bytes > 0)) return 0;
  return bytesPerSecond > 0 ? Math.min((bytes / bytesPerSecond) * 1000, LONGEST_MS) : LONGEST_MS;
}

/** How much a rate carries in a duration. @returns bytes, 0 for a negative duration */
export function carriedBytes(durationMs: number, bytesPerSecond: number): number {
  return (Math.max(0, durationMs) / 1000) * bytesPerSecond;
}
