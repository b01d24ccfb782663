/** VMs, destinations and moves for property tests. */
import fc from 'fast-check';
import type { Destination, DrainVm, Reason, VmForecast } from '../facts.ts';

export const GIB = 2 ** 30;

export function estimate(middle: number, spread = 0.2) {
  return { low: middle * (1 - spread), middle, high: middle * (1 + spread) };
}

export function forecastOf(totalMs: number, pauseMs: number, calmAmong: number): VmForecast {
  const figures = { totalMs: estimate(totalMs), pauseMs: estimate(pauseMs) };
  const shared = { totalMs: estimate(2 * totalMs), pauseMs: estimate(2 * pauseMs) };
  return {
    besideOthers: calmAmong > 1 ? [figures, shared] : [figures],
    inCommonMs: { low: totalMs * 0.9, high: totalMs * 1.1 },
    calmAmong,
  };
}

export function vmOf(name: string, given: Partial<DrainVm> = {}): DrainVm {
  return {
    ...{
      uuid: `uuid-${name}`,
      name,
      memoryBytes: GIB,
      apart: [],
      word: 'move',
      priority: 0,
      obstacles: [],
      refusedBy: new Map(),
    },
    forecast: forecastOf(10_000, 100, 4),
    ...given,
  };
}

export function destinationOf(name: string, given: Partial<Destination> = {}): Destination {
  return {
    ...{ name, link: name, freeBytes: 64 * GIB, largestVmBytes: 0, cordoned: false, apart: [] },
    ...given,
  };
}

const DESTINATIONS = ['east', 'west', 'north'];
const CPU: Reason = { code: 'different-cpu', words: 'it lacks the CPU' };
const LOCAL_DISK: Reason = { code: 'not-shared', words: 'its disk is local' };
const groups = fc.subarray(['db', 'web'], { maxLength: 1 });

const forecasts = fc.option(
  fc
    .tuple(
      fc.integer({ min: 100, max: 100_000 }),
      fc.integer({ min: 10, max: 5000 }),
      fc.integer({ min: 1, max: 4 }),
    )
    .map(([totalMs, pauseMs, calmAmong]) => forecastOf(totalMs, pauseMs, calmAmong)),
  { nil: undefined, freq: 8 },
);

export const drawnVms: fc.Arbitrary<DrainVm[]> = fc
  .array(
    fc.record({
      memoryBytes: fc.integer({ min: 1, max: 32 }).map((gib) => gib * GIB),
      apart: groups,
      priority: fc.nat(2),
      word: fc.constantFrom('move' as const, 'move' as const, 'shutdown' as const),
      obstacles: fc.subarray([LOCAL_DISK]),
      refusedBy: fc.subarray(DESTINATIONS).map((names) => new Map(names.map((name) => [name, [CPU]]))),
      forecast: forecasts,
    }),
    { maxLength: 12 },
  )
  .map((all) => all.map((each, index) => vmOf(`vm${index}`, each)));

export const drawnDestinations: fc.Arbitrary<Destination[]> = fc.tuple(
  ...DESTINATIONS.map((name) =>
    fc
      .record({
        link: fc.constantFrom(name, 'shared'),
        freeBytes: fc.option(
          fc.integer({ min: 0, max: 128 }).map((gib) => gib * GIB),
          { nil: undefined, freq: 8 },
        ),
        largestVmBytes: fc.integer({ min: 0, max: 16 }).map((gib) => gib * GIB),
        cordoned: fc.boolean(),
        apart: groups,
      })
      .map((each) => destinationOf(name, each)),
  ),
);

/** Always the same numbers, from 0 to below 1 (mulberry32). */
export function drawing(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
