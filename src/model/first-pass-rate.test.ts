import { expect, test } from 'vitest';
import { FirstPassRate } from './first-pass-rate.ts';
import type { Estimate } from './interval.ts';

const sample = (atMs: number, sentBytes: number) => ({
  ...{ atMs, sentBytes, pass: 1, remainingBytes: 0, totalBytes: 1e9 },
});

function rateOf(sentAt: (atMs: number) => number, untilMs: number): Estimate | undefined {
  const rate = new FirstPassRate();
  let last: Estimate | undefined;
  for (let atMs = 0; atMs <= untilMs; atMs += 250) last = rate.with(sample(atMs, sentAt(atMs))) ?? last;
  return last;
}

test('a steady link is told after two seconds, with a tenth of room above', () => {
  expect(rateOf((atMs) => atMs * 60_000, 1750)).toBeUndefined();
  const rate = rateOf((atMs) => atMs * 60_000, 2000);
  expect(rate?.low).toBeCloseTo(60e6, 0);
  expect(rate?.middle).toBeCloseTo(60e6, 0);
  expect(rate?.high).toBeCloseTo(66e6, 0);
});

test('what was skipped as zeros lowers the middle and not the top', () => {
  // Nothing is sent from 1 to 2.5 s.
  const rate = rateOf((atMs) => (Math.min(atMs, 1000) + Math.max(0, atMs - 2500)) * 60_000, 3500);
  expect(rate?.high).toBeCloseTo(66e6, 0);
  expect(rate?.low).toBe(0);
});

test('a burst out of buffers at the start is left out', () => {
  expect(rateOf((atMs) => 40e6 + atMs * 60_000, 2000)?.high).toBeCloseTo(66e6, 0);
});

test('a link that carries nothing has no rate', () => {
  expect(rateOf(() => 0, 5000)).toBeUndefined();
});
