import { expect, test } from 'vitest';
import { axisLabels, placeIn, windowFor } from './lanes.ts';

const NOW = 1_000_000_000;

test('the window is round, and shows the oldest from its start', () => {
  const lengths = [0, 61e3, 500e3, 3601e3, 100 * 3600e3].map((agoMs) => {
    const { fromMs, untilMs } = windowFor([NOW - agoMs, NOW], NOW);
    return (untilMs - fromMs) / 1000;
  });
  expect(lengths).toEqual([60, 120, 600, 3 * 3600, 100 * 3600]);
  expect(windowFor([], NOW)).toEqual({ fromMs: NOW - 60e3, untilMs: NOW });
});

test('a place is never outside', () => {
  const window = { fromMs: 100, untilMs: 200 };
  expect([0, 100, 150, 200, 300].map((at) => placeIn(window, at))).toEqual([0, 0, 0.5, 1, 1]);
});

test('labels go from left to right, at most four', () => {
  expect(axisLabels(windowFor([NOW - 200e3], NOW))).toEqual([
    { place: expect.closeTo(0.2), words: '−4 min' },
    { place: expect.closeTo(0.6), words: '−2 min' },
  ]);
  for (const agoMs of [1, 100e3, 3000e3, 4 * 3600e3, 40 * 3600e3, 300 * 3600e3])
    expect(axisLabels(windowFor([NOW - agoMs], NOW)).length).toBeLessThanOrEqual(4);
});
