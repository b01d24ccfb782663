import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocating } from './allocating.ts';
import { cyclic } from './cyclic.ts';
import { hotCold } from './hot-cold.ts';
import { type MemoryModel, partsOf, together } from './memory-model.ts';
import { noisy } from './noisy.ts';
import { phases } from './phases.ts';
import { ramp } from './ramp.ts';
import { recorded } from './recorded.ts';
import { uniform } from './uniform.ts';

const MB = 1e6;
const loop = cyclic({ workingSetBytes: 100 * MB, writeRateBytesPerSecond: 50 * MB });
const random = uniform({ workingSetBytes: 100 * MB, writeRateBytesPerSecond: 50 * MB });
const database = hotCold({
  ...{ workingSetBytes: 100 * MB, writeRateBytesPerSecond: 50 * MB },
  ...{ hotPagesShare: 0.1, hotWritesShare: 0.9 },
});
const batch = phases(loop, [
  { durationMs: 4000, speed: 1 },
  { durationMs: 6000, speed: 0 },
]);
const trace = recorded([
  { afterMs: 100, dirtiedBytes: 10 * MB },
  { afterMs: 1000, dirtiedBytes: 40 * MB },
]);
const queue = allocating({
  ...{ workingSetBytes: 100 * MB, writeRateBytesPerSecond: 50 * MB },
  heldShare: 0.3,
});
const MODELS: [string, MemoryModel][] = [
  ['cyclic', loop],
  ['uniform', random],
  ['hot-cold', database],
  ['phases', batch],
  ['recorded', trace],
  ['allocating', queue],
  ['growing', ramp(loop, { fromShare: 0.1, toShare: 1, beginMs: 1000, overMs: 5000 })],
  ['shrinking', ramp(database, { fromShare: 1, toShare: 0.2, beginMs: 1000, overMs: 5000 })],
  ['noisy', noisy(database, { seed: 7, spread: 0.3 })],
  ['several together', together(loop, phases(random, [{ durationMs: 10, speed: 2 }]), trace)],
  ['idle', uniform({ workingSetBytes: 0, writeRateBytesPerSecond: 0 })],
];

describe.each(MODELS)('%s', (_, model) => {
  const instant = fc.double({ min: 0, max: 1e7, noNaN: true });

  test('rises from nothing, never above its working set', () => {
    fc.assert(
      fc.property(instant, instant, instant, (fromMs, shorter, longer) => {
        const [near, far] = [fromMs + Math.min(shorter, longer), fromMs + Math.max(shorter, longer)];
        expect(model.dirtiedBytes(fromMs, fromMs)).toBe(0);
        expect(model.dirtiedBytes(fromMs, near)).toBeLessThanOrEqual(
          model.dirtiedBytes(fromMs, far) * (1 + 1e-9),
        );
        expect(model.dirtiedBytes(fromMs, far)).toBeLessThanOrEqual(model.workingSetBytes * (1 + 1e-9));
      }),
    );
  });

  test('is the sum of its parts', () => {
    const parts = partsOf(model).map((part) => part.dirtiedBytes(500, 1700));
    expect(parts.reduce((sum, bytes) => sum + bytes, 0)).toBeCloseTo(model.dirtiedBytes(500, 1700), 3);
  });
});

test('a cycle dirties at its rate until it has come round', () => {
  expect(loop.dirtiedBytes(0, 1000)).toBe(50 * MB);
  expect(loop.dirtiedBytes(7000, 9500)).toBe(100 * MB);
});

test('random writes hit pages again: 63 % of the working set after one time round', () => {
  expect(random.dirtiedBytes(0, 2000) / MB).toBeCloseTo(100 * (1 - Math.exp(-1)), 6);
});

test('hot pages are soon all dirty, cold ones slowly', () => {
  // Hot: 10 MB at 45 MB/s; cold: 90 MB at 5 MB/s.
  const expected = 10 * (1 - Math.exp(-4.5)) + 90 * (1 - Math.exp(-5 / 90));
  expect(database.dirtiedBytes(0, 1000) / MB).toBeCloseTo(expected, 6);
});

describe('phases', () => {
  test('what is dirtied depends on when one looks', () => {
    expect(batch.dirtiedBytes(0, 1000)).toBe(50 * MB);
    expect(batch.dirtiedBytes(5000, 9000)).toBe(0);
    expect(batch.dirtiedBytes(3500, 10_500) / MB).toBeCloseTo(50);
    // Two whole busy phases: twice round.
    expect(batch.dirtiedBytes(0, 20_000)).toBe(100 * MB);
  });

  test('need a duration', () => expect(() => phases(loop, [])).toThrow(RangeError));
});

describe('allocating and freeing', () => {
  const dirtied = (model: MemoryModel, ms: number) =>
    partsOf(model).map((part) => [part.dirtiedBytes(0, ms) / MB, part.holdsZeros ?? false]);

  test('dirties as much by freeing as by writing, until either has come round', () => {
    expect(dirtied(queue, 400)).toEqual([
      [20, false],
      [20, true],
    ]);
    expect(dirtied(queue, 1000)).toEqual([
      [30, false],
      [50, true],
    ]);
    expect(queue.dirtiedBytes(0, 10_000) / MB).toBeCloseTo(100);
  });

  test('leaves zeros also where it has bursts, grows or wavers', () => {
    const ramped = ramp(queue, { fromShare: 0.1, toShare: 1, beginMs: 0, overMs: 1 });
    for (const changed of [
      phases(queue, [{ durationMs: 10, speed: 2 }]),
      ramped,
      noisy(queue, { seed: 1, spread: 0.1 }),
    ])
      expect(partsOf(together(loop, changed)).map((part) => part.holdsZeros ?? false)).toEqual([
        ...[false, false, true],
      ]);
  });

  test('holds no more than there is', () =>
    expect(() => allocating({ workingSetBytes: 1, writeRateBytesPerSecond: 1, heldShare: 1.5 })).toThrow(
      /freeShare/,
    ));
});

describe('recorded curves', () => {
  test('are straight between points and flat after the last', () => {
    expect(trace.dirtiedBytes(0, 50)).toBe(5 * MB);
    expect(trace.dirtiedBytes(0, 550)).toBe(25 * MB);
    expect(trace.dirtiedBytes(900, 2500)).toBe(40 * MB);
  });

  test.each([
    [
      [
        { afterMs: 100, dirtiedBytes: 5 },
        { afterMs: 200, dirtiedBytes: 4 },
      ],
    ],
    [
      [
        { afterMs: 100, dirtiedBytes: 5 },
        { afterMs: 100, dirtiedBytes: 6 },
      ],
    ],
    [[{ afterMs: 0, dirtiedBytes: 5 }]],
  ])('that fall are refused', (points) => expect(() => recorded(points)).toThrow(/breaks it/));
});

describe('noise', () => {
  const wavering = noisy(random, { seed: 3, spread: 0.2 });

  test('is the same for the same seed, and another for another', () => {
    const drawn = (model: MemoryModel) =>
      Array.from({ length: 50 }, (_, k) => model.dirtiedBytes(k * 997, k * 997 + 800));
    expect(drawn(wavering)).toEqual(drawn(noisy(random, { seed: 3, spread: 0.2 })));
    expect(drawn(wavering)).not.toEqual(drawn(noisy(random, { seed: 4, spread: 0.2 })));
    expect(new Set(drawn(wavering)).size).toBe(50);
  });

  test('wavers around the model by its spread', () => {
    const factors = Array.from({ length: 4000 }, (_, k) => {
      const bytes = noisy(loop, { seed: 5, spread: 0.2 }).dirtiedBytes(k * 2050, k * 2050 + 100);
      return Math.log(bytes / (5 * MB));
    });
    const mean = factors.reduce((sum, each) => sum + each, 0) / factors.length;
    const variance = factors.reduce((sum, each) => sum + (each - mean) ** 2, 0) / factors.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(0.2, 1);
  });
});

test('figures below zero are refused by name', () => {
  expect(() => cyclic({ workingSetBytes: -1, writeRateBytesPerSecond: 1 })).toThrow(/workingSetBytes/);
  expect(() =>
    hotCold({ ...{ workingSetBytes: 1, writeRateBytesPerSecond: 1 }, hotPagesShare: 2, hotWritesShare: 0 }),
  ).toThrow(/coldPagesShare/);
});

test('a working set that grows or shrinks counts with the most that was in use since the bitmap was clean', () => {
  const growing = ramp(loop, { fromShare: 0.1, toShare: 1, beginMs: 1000, overMs: 9000 });
  expect(growing.dirtiedBytes(0, 1000)).toBeCloseTo(10 * MB);
  expect(growing.dirtiedBytes(0, 5500)).toBeCloseTo(55 * MB);
  expect(growing.dirtiedBytes(10_000, 20_000)).toBeCloseTo(100 * MB);
  const shrinking = ramp(loop, { fromShare: 1, toShare: 0.1, beginMs: 1000, overMs: 9000 });
  expect(shrinking.dirtiedBytes(0, 20_000)).toBeCloseTo(100 * MB);
  expect(shrinking.dirtiedBytes(10_000, 20_000)).toBeCloseTo(10 * MB);
});
