import { expect, test } from 'vitest';
import type { Distribution } from '../../simulate/summary.ts';
import { quantileStrip, scaleOf } from './quantile-strip.ts';

const wide: Distribution = { min: 1, p5: 10, p25: 100, median: 1000, p75: 10_000, p95: 100_000, max: 1e9 };
const single: Distribution = { min: 100, p5: 100, p25: 100, median: 100, p75: 100, p95: 100, max: 100 };

test('each order of magnitude is as long as the next', () => {
  const scale = scaleOf([wide, undefined, single]);
  expect(scale).toEqual({ least: 10, most: 100_000 });
  if (!scale) return;
  expect(quantileStrip(wide, scale, 9)).toBe('--==|==--');
  expect(quantileStrip(single, scale, 9)).toBe('  |      ');
  expect(quantileStrip(undefined, scale, 9)).toBe('');
});

test('there is no scale of one value, or of none', () => {
  expect(scaleOf([single, single])).toBeUndefined();
  expect(scaleOf([undefined])).toBeUndefined();
  expect(scaleOf([])).toBeUndefined();
});
