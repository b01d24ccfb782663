import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Floor, floorAt, floorCrossingBytes, raiseFloor, thinFloor } from './curve-floor.ts';

const coordinate = fc.integer({ min: 1, max: 1000 });
const points = fc.array(fc.record({ durationMs: coordinate, bytes: coordinate }), { maxLength: 30 });

const floorOf = (known: Floor) => known.reduce<Floor>(raiseFloor, []);

/** By the definition: the highest chord over t of any two points, the origin among them, or a point before t. */
function byDefinition(known: Floor, t: number): number {
  const all = [{ durationMs: 0, bytes: 0 }, ...known];
  let highest = 0;
  for (const left of all.filter(({ durationMs }) => durationMs <= t)) {
    highest = Math.max(highest, left.bytes);
    for (const right of all.filter(({ durationMs }) => durationMs > t)) {
      const slope = (right.bytes - left.bytes) / (right.durationMs - left.durationMs);
      highest = Math.max(highest, left.bytes + slope * (t - left.durationMs));
    }
  }
  return highest;
}

test('is the hull by its definition, whatever the order of the points', () => {
  fc.assert(
    fc.property(points, coordinate, (known, t) => {
      expect(floorAt(floorOf(known), t)).toBeCloseTo(byDefinition(known, t), 6);
    }),
    { numRuns: 1000 },
  );
});

test('keeps vertices only: durations and bytes rise, slopes fall', () => {
  fc.assert(
    fc.property(points, (known) => {
      const vertices = [{ durationMs: 0, bytes: 0 }, ...floorOf(known)];
      let steepest = Number.POSITIVE_INFINITY;
      for (const [at, { durationMs, bytes }] of vertices.entries()) {
        const next = vertices[at + 1];
        if (!next) continue;
        const slope = (next.bytes - bytes) / (next.durationMs - durationMs);
        expect(slope).toBeGreaterThan(0);
        expect(slope).toBeLessThan(steepest);
        steepest = slope;
      }
    }),
  );
});

test('a floor with a vertex less is nowhere higher, and loses the vertex that matters least', () => {
  const floor = floorOf([
    { durationMs: 100, bytes: 500 },
    { durationMs: 200, bytes: 700 },
    { durationMs: 300, bytes: 890 },
  ]);
  expect(thinFloor(floor).map(({ durationMs }) => durationMs)).toEqual([100, 300]);
});

test('the crossing is the last point where the floor still reaches B·t', () => {
  fc.assert(
    fc.property(points, fc.double({ min: 0.01, max: 100, noNaN: true }), (known, bytesPerMs) => {
      const floor = floorOf(known);
      const crossing = floorCrossingBytes(floor, bytesPerMs);
      const t = crossing / bytesPerMs;
      expect(floorAt(floor, t)).toBeCloseTo(crossing, 6);
      expect(floorAt(floor, t * 1.001 + 0.001)).toBeLessThan(bytesPerMs * (t * 1.001 + 0.001));
    }),
  );
});
