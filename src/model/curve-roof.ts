import type { Floor, FloorPoint } from './curve-floor.ts';

/**
 * The roof over a dirty curve: the most that a non-decreasing concave curve through the origin can be, when
 * it is known to be at most `bytes` at some durations and to lie above a floor.
 *
 * Take a known ceiling h at t_h and a vertex (t_v, v) of the floor.
 *
 * - t_v < t_h: were the curve, at some t beyond t_h, above the line from the vertex through the ceiling, then
 *   its chord from the vertex to t would pass above h at t_h, and the curve lies above its chords.
 *   So beyond t_h it stays below each such line, hence below the flattest: slope (h - v) / (t_h - t_v).
 *   The origin is such a vertex: that is the plain bracket D(t) <= h·t/t_h.
 * - t_v > t_h: likewise, before t_h it stays below the line that goes down from the ceiling away from the
 *   vertex, and the steepest of them counts: slope (v - h) / (t_v - t_h), or 0 since the curve does not fall.
 *
 * So each ceiling gives two arms, and the roof is the least of all of them:
 *
 *     bytes │       ╱      the arm beyond t_h: the flattest line from the floor
 *           │   ──h        the arm before t_h: level, or falling away from a later vertex
 *           │ v
 *           └────────────▶ duration
 *
 * It is the best roof: for each t, raising the floor's hull to reach the roof at t breaks no ceiling.
 */
export interface Ceiling {
  readonly durationMs: number;
  /** At most this much is dirtied within the duration. */
  readonly bytes: number;
  /** Bytes per millisecond of the arm before `durationMs`. */
  readonly slopeBefore: number;
  /** Bytes per millisecond of the arm after `durationMs`; never less than the one before. */
  readonly slopeAfter: number;
}

export type Roof = readonly Ceiling[];

/** A ceiling that yet knows of the origin only. */
export function ceiling(durationMs: number, bytes: number): Ceiling {
  return { durationMs, bytes, slopeBefore: 0, slopeAfter: bytes / durationMs };
}

/** The arms of a ceiling after one more point of the floor. What earlier points said stays true. */
export function leanOn<C extends Ceiling>(held: C, point: FloorPoint): C {
  const slope = (held.bytes - point.bytes) / (held.durationMs - point.durationMs);
  if (point.durationMs < held.durationMs && slope < held.slopeAfter)
    return { ...held, slopeAfter: Math.max(slope, held.slopeBefore) };
  if (point.durationMs > held.durationMs && slope > held.slopeBefore)
    return { ...held, slopeBefore: Math.min(slope, held.slopeAfter) };
  return held;
}

export function leanOnAll<C extends Ceiling>(held: C, floor: Floor): C {
  let leaning = held;
  for (const vertex of floor) leaning = leanOn(leaning, vertex);
  return leaning;
}

/** @returns bytes; positive infinity without ceilings */
export function roofAt(roof: Roof, durationMs: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const held of roof) least = Math.min(least, armAt(held, durationMs));
  return least;
}

function armAt(held: Ceiling, durationMs: number): number {
  const slope = durationMs < held.durationMs ? held.slopeBefore : held.slopeAfter;
  return held.bytes + slope * (durationMs - held.durationMs);
}

/**
 * Without the ceilings that the others imply. Each is left out while the rest still implies it, so the
 * curves that fit are the same before and after, and stay the same under whatever is learned later.
 */
export function withoutImplied<C extends Ceiling>(roof: readonly C[]): readonly C[] {
  const kept = [...roof];
  for (const held of roof) {
    const isImplied = kept.some((other) => other !== held && armAt(other, held.durationMs) <= held.bytes);
    if (isImplied) kept.splice(kept.indexOf(held), 1);
  }
  return kept;
}

/** Leaves out the ceiling that lowers the roof least in proportion: the roof stays true, and only a little higher. */
export function thinRoof<C extends Ceiling>(roof: readonly C[]): readonly C[] {
  let least = Number.POSITIVE_INFINITY;
  let leastAt = 0;
  for (const [at, held] of roof.entries()) {
    let without = Number.POSITIVE_INFINITY;
    for (const other of roof) if (other !== held) without = Math.min(without, armAt(other, held.durationMs));
    const share = without / held.bytes;
    if (share < least) {
      least = share;
      leastAt = at;
    }
  }
  return roof.toSpliced(leastAt, 1);
}

/**
 * The largest B·t that the roof still reaches: roof(t) >= B·t.
 *
 * Prolonged to t = 0 both arms of a ceiling meet the axis at 0 or above (their slopes are at most
 * bytes / duration), so arm(t) / t only falls, and each arm crosses B·t once: an arm a + s·t with s < B at
 * t = a / (B - s). The roof, being the least of the arms, crosses where the first of them does.
 *
 * @returns bytes; positive infinity where no arm crosses
 */
export function roofCrossingBytes(roof: Roof, bytesPerMs: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const held of roof) {
    const reaches = held.bytes >= bytesPerMs * held.durationMs;
    const slope = reaches ? held.slopeAfter : held.slopeBefore;
    if (slope >= bytesPerMs) continue;
    const riseAtZero = Math.max(0, held.bytes - slope * held.durationMs);
    least = Math.min(least, (bytesPerMs * riseAtZero) / (bytesPerMs - slope));
  }
  return least;
}
