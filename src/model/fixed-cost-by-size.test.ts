import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectedFixedCostMs } from './fixed-cost-by-size.ts';

const GIB = 2 ** 30;

test("a guest of the lab's size costs what was measured there, and so does one of which nothing is known", () => {
  const lab = { low: 20, middle: 50, high: 100, most: 200 };
  expect(expectedFixedCostMs({ memoryBytes: 0.5 * GIB, vcpus: 1 })).toEqual(lab);
  expect(expectedFixedCostMs({ memoryBytes: 8 * GIB, vcpus: 8 })).toEqual(lab);
  expect(expectedFixedCostMs({ memoryBytes: undefined })).toEqual(lab);
});

test('what was published of large ones lies within', () => {
  const { low, high } = expectedFixedCostMs({ memoryBytes: 256 * GIB, vcpus: 64 });
  for (const syncMs of [12, 73]) {
    expect(low).toBeLessThan(50 + syncMs);
    expect(high).toBeGreaterThan(50 + syncMs);
  }
});

test('hundreds of milliseconds for a TiB, up to more than a second, and tens of them more for 200 vCPUs', () => {
  const { middle, most } = expectedFixedCostMs({ memoryBytes: 1024 * GIB });
  expect(middle).toBeGreaterThan(300);
  expect(middle).toBeLessThan(500);
  expect(most).toBeGreaterThan(1000);
  const withMany = expectedFixedCostMs({ memoryBytes: 1024 * GIB, vcpus: 200 });
  expect(withMany.middle - middle).toBeCloseTo(38.4, 6);
});

test('a larger guest is never expected to cost less', () => {
  const size = fc.record({
    memoryBytes: fc.double({ min: 0, max: 2 ** 45, noNaN: true }),
    vcpus: fc.nat(1000),
  });
  fc.assert(
    fc.property(size, size, (a, b) => {
      const both = {
        memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
        vcpus: Math.max(a.vcpus, b.vcpus),
      };
      const [one, larger] = [expectedFixedCostMs(a), expectedFixedCostMs(both)];
      for (const which of ['low', 'middle', 'high', 'most'] as const)
        expect(larger[which]).toBeGreaterThanOrEqual(one[which]);
      expect(one.low).toBeLessThanOrEqual(one.middle);
      expect(one.middle).toBeLessThanOrEqual(one.high);
      expect(one.high).toBeLessThanOrEqual(one.most);
    }),
  );
});
