import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Floor, type FloorPoint, floorAt, raiseFloor } from './curve-floor.ts';
import {
  ceiling,
  leanOnAll,
  type Roof,
  roofAt,
  roofCrossingBytes,
  thinRoof,
  withoutImplied,
} from './curve-roof.ts';

const coordinate = fc.integer({ min: 1, max: 1000 });
const points = fc.array(fc.record({ durationMs: coordinate, bytes: coordinate }), { maxLength: 15 });
const room = fc.array(fc.tuple(coordinate, fc.integer({ min: 1, max: 300 })), {
  minLength: 1,
  maxLength: 15,
});

/** A floor, and ceilings somewhere above it, as anything else is no dirty curve. */
const bracket = fc.tuple(points, room).map(([known, above]) => {
  const floor = known.reduce<Floor>(raiseFloor, []);
  const ceilings = above.map(([durationMs, bytes]) => ({
    durationMs,
    bytes: floorAt(floor, durationMs) + bytes,
  }));
  return { floor, ceilings };
});

const roofOf = (floor: Floor, ceilings: readonly FloorPoint[]): Roof =>
  ceilings.map(({ durationMs, bytes }) => leanOnAll(ceiling(durationMs, bytes), floor));

/** By the definition: the highest value whose hull with the floor breaks no ceiling, by halving. */
function byDefinition(floor: Floor, ceilings: readonly FloorPoint[], t: number): number {
  let low = floorAt(floor, t);
  let high = 1e9;
  for (let step = 0; step < 80; step += 1) {
    const bytes = (low + high) / 2;
    const hull = raiseFloor(floor, { durationMs: t, bytes });
    const fits = ceilings.every((held) => floorAt(hull, held.durationMs) <= held.bytes * (1 + 1e-12));
    if (fits) low = bytes;
    else high = bytes;
  }
  return low;
}

test('is the best roof by its definition', () => {
  fc.assert(
    fc.property(bracket, coordinate, ({ floor, ceilings }, t) => {
      const roof = roofAt(roofOf(floor, ceilings), t);
      expect(Math.abs(roof / byDefinition(floor, ceilings, t) - 1)).toBeLessThan(1e-6);
    }),
    { numRuns: 1000 },
  );
});

test('is the same without what is implied, of which nothing then is left', () => {
  fc.assert(
    fc.property(bracket, coordinate, ({ floor, ceilings }, t) => {
      const roof = roofOf(floor, ceilings);
      const kept = withoutImplied(roof);
      expect(roofAt(kept, t)).toBeCloseTo(roofAt(roof, t), 6);
      for (const held of kept)
        expect(
          roofAt(
            kept.filter((other) => other !== held),
            held.durationMs,
          ),
        ).toBeGreaterThan(held.bytes);
    }),
  );
});

test('two alike imply each other: one stays', () => {
  expect(withoutImplied([ceiling(5, 10), ceiling(5, 10)])).toHaveLength(1);
});

test('a roof with a ceiling less is nowhere lower', () => {
  fc.assert(
    fc.property(bracket, coordinate, ({ floor, ceilings }, t) => {
      const roof = roofOf(floor, ceilings);
      const thin = thinRoof(roof);
      expect(thin).toHaveLength(roof.length - 1);
      expect(roofAt(thin, t)).toBeGreaterThanOrEqual(roofAt(roof, t));
    }),
  );
});

test('the crossing is the last point where the roof still reaches B·t', () => {
  fc.assert(
    fc.property(
      bracket,
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      ({ floor, ceilings }, bytesPerMs) => {
        const roof = roofOf(floor, ceilings);
        const crossing = roofCrossingBytes(roof, bytesPerMs);
        if (crossing === Number.POSITIVE_INFINITY) {
          expect(roofAt(roof, 1e9)).toBeGreaterThanOrEqual(bytesPerMs * 1e9 * (1 - 1e-9));
          return;
        }
        const t = crossing / bytesPerMs;
        expect(Math.abs(roofAt(roof, t) - crossing)).toBeLessThan(1e-6 * (1 + crossing));
        expect(roofAt(roof, t * 1.001 + 0.001)).toBeLessThan(bytesPerMs * (t * 1.001 + 0.001));
      },
    ),
  );
});
