import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UnsentMemory } from './unsent-memory.ts';

const MB = 1e6;
/** A page of 4096 bytes goes with a header of 8. */
const WIRE = 4104 / 4096;

function memory(): UnsentMemory {
  return new UnsentMemory({ totalBytes: 500 * MB, zeroBytes: 300 * MB, partBytes: [100 * MB] });
}

test('at first everything is unsent, and zero pages cost almost nothing', () => {
  expect(memory().totalBytes).toBe(500 * MB);
  expect(memory().wireBytes).toBeCloseTo(200 * MB * WIRE + (300 * MB * 9) / 4096, 0);
});

test('the first pass sends the zero pages last, in next to no time', () => {
  const unsent = memory();
  expect(unsent.send(100 * MB * WIRE)).toBeCloseTo(100 * MB * WIRE);
  expect(unsent.totalBytes).toBeCloseTo(400 * MB);
  unsent.send(100.66 * MB * WIRE);
  expect(unsent.totalBytes).toBeLessThan(1 * MB);
});

test('pages that are compressed carry more than they cost, zero pages as before', () => {
  const sizes = { totalBytes: 500 * MB, zeroBytes: 300 * MB, partBytes: [100 * MB] };
  const unsent = new UnsentMemory(sizes, 'address', 'throughout', { untouched: 0.25, written: 0.25 });
  const zeroCost = (300 * MB * 9) / 4096;
  expect(unsent.wireBytes).toBeCloseTo(200 * MB * (0.25 + WIRE - 1) + zeroCost, 0);
  unsent.send(unsent.wireBytes / 2);
  expect(unsent.carriedBytes).toBeCloseTo(100 * MB);
  unsent.send(Infinity);
  expect(unsent.carriedBytes).toBeCloseTo(200 * MB);
});

test('a part that the guest frees costs what zero pages cost, and counts in full', () => {
  const sizes = { totalBytes: 500 * MB, zeroBytes: 0, partBytes: [100 * MB, 60 * MB], zeroParts: [1] };
  const unsent = new UnsentMemory(sizes, 'address', 'last', { untouched: 1, written: 0.5 });
  unsent.send(Infinity);
  expect(unsent.carriedBytes).toBeCloseTo(440 * MB);
  unsent.sync([10 * MB, 30 * MB]);
  expect(unsent.totalBytes).toBeCloseTo(40 * MB);
  expect(unsent.wireBytes).toBeCloseTo(10 * MB * (0.5 + WIRE - 1) + (30 * MB * 9) / 4096, 0);
});

test('what the guest writes may cost more than what it holds', () => {
  const sizes = { totalBytes: 500 * MB, zeroBytes: 300 * MB, partBytes: [40 * MB] };
  const unsent = new UnsentMemory(sizes, 'address', 'last', { untouched: 0.25, written: 1 });
  const zeroCost = (300 * MB * 9) / 4096;
  expect(unsent.wireBytes).toBeCloseTo(160 * MB * (0.25 + WIRE - 1) + 40 * MB * WIRE + zeroCost, 0);
  unsent.send(Infinity);
  unsent.sync([40 * MB]);
  expect(unsent.wireBytes).toBeCloseTo(40 * MB * WIRE, 0);
});

test('no more is sent than there is', () => {
  const unsent = memory();
  const whole = unsent.wireBytes;
  expect(unsent.send(whole + 5 * MB)).toBeCloseTo(whole);
  expect(unsent.totalBytes).toBe(0);
});

describe('a sync sets what was dirtied beside what is unsent', () => {
  test('all of it when nothing was left', () => {
    const unsent = memory();
    unsent.send(Infinity);
    expect(unsent.sync([40 * MB])).toBe(40 * MB);
    expect(unsent.totalBytes).toBe(40 * MB);
  });

  test('pages that are in both count once', () => {
    const unsent = memory();
    // Half of cold and of the part are sent: 50 MB of the part are left, and all zeros.
    unsent.send(100 * MB * WIRE);
    // Of 40 MB dirtied in 100, of which half were set, half are new.
    expect(unsent.sync([40 * MB])).toBeCloseTo(20 * MB);
    expect(unsent.totalBytes).toBeCloseTo(420 * MB);
    expect(unsent.sync([100 * MB])).toBeCloseTo(30 * MB);
    expect(unsent.sync([100 * MB])).toBeCloseTo(0);
  });

  test('the next pass begins with what the last did not reach', () => {
    const unsent = memory();
    unsent.send(100 * MB * WIRE);
    unsent.sync([100 * MB]);
    // 50 MB cold and 300 MB zeros come first, then the part.
    unsent.send(50 * MB * WIRE + (300 * MB * 9) / 4096);
    expect(unsent.totalBytes).toBeCloseTo(100 * MB, -1);
  });
});

test('how much goes over the wire until so much is left is what sending it leaves', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 600, noNaN: true }),
      fc.double({ min: 0, max: 250, noNaN: true }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      (leftMB, sentMB, dirtiedMB) => {
        const unsent = memory();
        unsent.send(sentMB * MB);
        unsent.sync([dirtiedMB * MB]);
        const before = unsent.totalBytes;
        const bytes = unsent.wireBytesUntilLeft(leftMB * MB);
        expect(bytes).toBeLessThanOrEqual(unsent.wireBytes + 1);
        unsent.send(bytes);
        expect(unsent.totalBytes).toBeCloseTo(Math.min(before, leftMB * MB), -1);
      },
    ),
  );
});

test('a guest that writes more than it has is refused', () => {
  expect(() => new UnsentMemory({ totalBytes: 5, zeroBytes: 3, partBytes: [3] })).toThrow(
    /more than its memory/,
  );
});

describe('two parts, of which the second is dirtied more often', () => {
  /** 80 MB never written to again, 100 MB seldom, 20 MB all the time. */
  const twoParts = (order: 'address' | 'hottest-last') => {
    const sizes = { totalBytes: 200 * MB, zeroBytes: 0, partBytes: [100 * MB, 20 * MB] };
    const unsent = new UnsentMemory(sizes, order);
    // The first pass knows of nothing yet: all goes evenly.
    unsent.send(Infinity);
    unsent.sync([30 * MB, 20 * MB]);
    return unsent;
  };

  test('by address both go evenly, so the rest is of both', () => {
    const unsent = twoParts('address');
    unsent.send(30 * MB * WIRE);
    // Left 12 and 8 MB. Of the 10 MB newly dirty in the first 88 % were not set, of the 20 in the second 60 %.
    expect(unsent.sync([10 * MB, 20 * MB])).toBeCloseTo(8.8 * MB + 12 * MB, -1);
    expect(unsent.totalBytes).toBeCloseTo(40.8 * MB, -1);
  });

  test('hottest last, the rest is the hot part, which is dirty anyway: 30 MB at the sync instead of 40.8', () => {
    const unsent = twoParts('hottest-last');
    unsent.send(30 * MB * WIRE);
    expect(unsent.totalBytes).toBeCloseTo(20 * MB, -1);
    expect(unsent.sync([10 * MB, 20 * MB])).toBeCloseTo(10 * MB, -1);
    expect(unsent.totalBytes).toBeCloseTo(30 * MB, -1);
  });

  test('which is hotter is counted over all syncs, not by the last one', () => {
    const unsent = twoParts('hottest-last');
    // Found dirty 0.3 + 0.5 times against 1 + 0.4 times: the second part is still the hotter one.
    unsent.send(Infinity);
    unsent.sync([50 * MB, 8 * MB]);
    unsent.send(50 * MB * WIRE);
    expect(unsent.sync([100 * MB, 0])).toBeCloseTo(100 * MB, -1);
    // Now 1.8 against 1.4: it goes first.
    unsent.send(8 * MB * WIRE);
    expect(unsent.sync([0, 20 * MB])).toBeCloseTo(20 * MB, -1);
  });

  test('the order changes neither how much is left nor what it costs', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100), fc.nat(20), fc.nat(300)), { maxLength: 20 }), (steps) => {
        const unsent = twoParts('hottest-last');
        for (const [first, second, sentMb] of steps) {
          const before = unsent.totalBytes;
          const sent = unsent.send(sentMb * MB);
          expect(before - unsent.totalBytes).toBeCloseTo(sent / WIRE, -2);
          const left = unsent.totalBytes;
          const added = unsent.sync([first * MB, second * MB]);
          expect(unsent.totalBytes).toBeCloseTo(left + added, -2);
          expect(unsent.totalBytes).toBeLessThanOrEqual(120 * MB + 1);
          expect(unsent.wireBytesUntilLeft(unsent.totalBytes / 3)).toBeCloseTo(
            (unsent.wireBytes * 2) / 3,
            -2,
          );
        }
      }),
    );
  });
});

test('zero pages cost next to nothing wherever they lie, but what is last left is of the others only where they went first', () => {
  const sizes = { totalBytes: 500e6, zeroBytes: 300e6, partBytes: [100e6] };
  const places = ['last', 'throughout', 'first'] as const;
  const memories = places.map((place) => new UnsentMemory(sizes, 'address', place));
  const [last = 0, throughout = 0, first = 0] = memories.map((memory) => {
    const whole = memory.wireBytes;
    expect(memory.totalBytes).toBe(500e6);
    return whole - memory.wireBytesUntilLeft(20e6);
  });
  expect(last).toBeLessThan(0.1e6);
  expect(throughout).toBeGreaterThan(7e6);
  expect(throughout).toBeLessThan(9e6);
  expect(first).toBeGreaterThan(20e6);
});
