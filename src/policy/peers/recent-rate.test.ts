import { expect, test } from 'vitest';
import { RecentRate } from './recent-rate.ts';
import { MB, tick } from './testing/trace.ts';

test('the rate of the last 100 ms or more, as QEMU renews its own', () => {
  const rate = new RecentRate();
  const at = (atMs: number, sentMB: number) => rate.observe(tick(atMs, { sentBytes: sentMB * MB }));
  expect(at(0, 0)).toBeUndefined();
  expect(at(60, 60)).toBeUndefined();
  expect(at(100, 60)).toBe(600 * MB);
  // 40 ms later: too short to tell, still the last window.
  expect(at(140, 90)).toBe(600 * MB);
  expect(at(350, 85)).toBe(100 * MB);
});

test('a counter that runs backwards is a rate of 0, not a negative one', () => {
  const rate = new RecentRate();
  rate.observe(tick(0, { sentBytes: 5 * MB }));
  expect(rate.observe(tick(250, { sentBytes: 0 }))).toBe(0);
});
