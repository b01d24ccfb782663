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
