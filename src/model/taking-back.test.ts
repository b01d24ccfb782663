import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TAKING_BACK_MS, takenBackAfterMs } from './taking-back.ts';

const MB = 1e6;
const stopped = { maxDowntimeMs: 300, restBytes: 10 * MB, lineRateBytesPerSecond: 60 * MB };

test('a guest whose rest is nearly there is let arrive', () => {
  // Due after 167 ms of sending and the least of fixed costs, and waited for as long again as taking back costs.
  expect(takenBackAfterMs(stopped)).toBeCloseTo(687, 0);
  expect(takenBackAfterMs({ ...stopped, maxDowntimeMs: 50 })).toBe(550);
});

test('one that is overdue by as much as taking back costs is not about to arrive', () => {
  expect(takenBackAfterMs({ ...stopped, maxDowntimeMs: 5000 })).toBe(5000);
});

test('one that has much left is taken back at the limit, and so is one of which nothing is known', () => {
  expect(takenBackAfterMs({ ...stopped, restBytes: 60 * MB })).toBe(300);
  expect(takenBackAfterMs({ ...stopped, restBytes: undefined })).toBe(300);
  expect(takenBackAfterMs({ ...stopped, lineRateBytesPerSecond: undefined })).toBe(300);
  expect(takenBackAfterMs({ ...stopped, lineRateBytesPerSecond: 0 })).toBe(300);
});

test('never before the limit, and never later than taking back would cost', () => {
  const figure = fc.double({ min: 0, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60_000 }), figure, figure, (maxDowntimeMs, restBytes, rate) => {
      const afterMs = takenBackAfterMs({ maxDowntimeMs, restBytes, lineRateBytesPerSecond: rate });
      expect(afterMs).toBeGreaterThanOrEqual(maxDowntimeMs);
      expect(afterMs).toBeLessThanOrEqual(maxDowntimeMs + TAKING_BACK_MS);
    }),
  );
});
