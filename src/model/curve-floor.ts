/**
 * The floor under a dirty curve: the least that a non-decreasing concave curve through the origin can be,
 * when it is known to reach `bytes` at each of some durations.
 *
 * A concave curve lies above each chord between two of its points, and a non-decreasing one never falls
 * again. So it lies above the least non-decreasing concave curve over those points: the upper hull of the
 * origin and the points, level after the last. That hull is itself such a curve, so no better floor exists.
 *
 *     bytes │            c─────────────    a, b, c: the vertices
 *           │      b
 *           │   a        x                 x: below the hull, implied by the others, not kept
 *           └─────────────────────────▶ duration
 */
export interface FloorPoint {
  readonly durationMs: number;
  /** At least this much is dirtied within the duration. */
  readonly bytes: number;
}

/** Vertices by rising duration, with rising bytes and falling slopes; the origin is understood. */
export type Floor = readonly FloorPoint[];

const ORIGIN: FloorPoint = { durationMs: 0, bytes: 0 };

/** @returns bytes */
export function floorAt(floor: Floor, durationMs: number): number {
  let before = ORIGIN;
  for (const vertex of floor) {
    if (vertex.durationMs >= durationMs) return chord(before, vertex, durationMs);
    before = vertex;
  }
  return before.bytes;
}

/** The floor that reaches the point too; the same one if it already does. */
export function raiseFloor<P extends FloorPoint>(floor: readonly P[], point: P): readonly P[] {
  if (point.bytes <= floorAt(floor, point.durationMs)) return floor;
  const before = floor.filter(({ durationMs }) => durationMs < point.durationMs);
  const after = floor.filter((p) => p.durationMs > point.durationMs && p.bytes > point.bytes);
  while (implied(before.at(-2) ?? ORIGIN, before.at(-1), point)) before.pop();
  while (implied(point, after.at(0), after.at(1))) after.shift();
  return [...before, point, ...after];
}

function implied(left: FloorPoint, middle: FloorPoint | undefined, right: FloorPoint | undefined): boolean {
  return middle !== undefined && right !== undefined && middle.bytes <= chord(left, right, middle.durationMs);
}

/** Leaves out the vertex that raises the floor least in proportion: the floor stays true, and only a little lower. */
export function thinFloor<P extends FloorPoint>(floor: readonly P[]): readonly P[] {
  let least = Number.POSITIVE_INFINITY;
  let leastAt = 0;
  for (const [at, vertex] of floor.entries()) {
    const left = floor[at - 1] ?? ORIGIN;
    const right = floor[at + 1];
    const without = right ? chord(left, right, vertex.durationMs) : left.bytes;
    const share = 1 - without / vertex.bytes;
    if (share < least) {
      least = share;
      leastAt = at;
    }
  }
  return floor.toSpliced(leastAt, 1);
}

/**
 * The largest B·t that the floor still reaches: floor(t) >= B·t.
 *
 * The floor is concave and starts at 0, so floor(t) - B·t is positive first, if ever, and negative after one
 * crossing. Beyond the last vertex the floor is level, and the crossing is at its height. Within a segment
 * from vertex a with slope s < B it is where a + s·(t - a) = B·t.
 *
 * @returns bytes; 0 where even the first segment rises slower than B
 */
export function floorCrossingBytes(floor: Floor, bytesPerMs: number): number {
  let above = ORIGIN;
  for (const vertex of floor) {
    if (vertex.bytes < bytesPerMs * vertex.durationMs) {
      const slope = slopeOf(above, vertex);
      const riseAtZero = above.bytes - slope * above.durationMs;
      return (bytesPerMs * riseAtZero) / (bytesPerMs - slope);
    }
    above = vertex;
  }
  return above.bytes;
}

function chord(left: FloorPoint, right: FloorPoint, durationMs: number): number {
  return left.bytes + slopeOf(left, right) * (durationMs - left.durationMs);
}

function slopeOf(left: FloorPoint, right: FloorPoint): number {
  return (right.bytes - left.bytes) / (right.durationMs - left.durationMs);
}
