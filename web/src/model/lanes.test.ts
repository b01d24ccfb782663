import { expect, test } from 'vitest';
import { axisLabels, placeIn, windowFor } from './lanes.ts';

const NOW = 1_000_000_000;

test('the window is round, and shows the oldest from its start', () => {
  const lengths = [0, 61e3, 500e3, 3601e3, 100 * 3600e3].map(
    (agoMs) => (NOW - windowFor([NOW - agoMs, NOW], [], NOW).fromMs) / 1000,
  );
  expect(lengths).toEqual([60, 120, 600, 3 * 3600, 100 * 3600]);
  expect(windowFor([], [], NOW)).toEqual({ fromMs: NOW - 60e3, nowMs: NOW, untilMs: NOW + 30e3 });
});

test('it shows the last forecast end, unless that is far beyond what has been', () => {
  const aheadMs = (endsInMs: readonly number[]) =>
    windowFor(
      [NOW - 50e3],
      endsInMs.map((each) => NOW + each),
      NOW,
    ).untilMs - NOW;
  expect(aheadMs([10e3, 25e3])).toBe(30e3);
  expect(aheadMs([10e3, 45e3])).toBe(60e3);
  // What should have ended by now says nothing.
  expect(aheadMs([-90e3])).toBe(30e3);
  expect(aheadMs([3600e3])).toBe(180e3);
});

test('a place is never outside', () => {
  const window = { fromMs: 100, nowMs: 180, untilMs: 200 };
  expect([0, 100, 150, 200, 300].map((at) => placeIn(window, at))).toEqual([0, 0, 0.5, 1, 1]);
});

test('labels go from left to right, with now among them, and none is written over another', () => {
  expect(axisLabels(windowFor([NOW - 200e3], [NOW + 100e3], NOW))).toEqual([
    { place: expect.closeTo(1 / 7), words: '−4 min' },
    { place: expect.closeTo(3 / 7), words: '−2 min' },
    { place: expect.closeTo(5 / 7), words: 'now' },
    { place: expect.closeTo(1), words: '+2 min' },
  ]);
  for (const agoMs of [1, 100e3, 3000e3, 4 * 3600e3, 40 * 3600e3, 300 * 3600e3])
    for (const aheadMs of [0, 50e3, 500e3, 5 * 3600e3]) {
      const places = axisLabels(windowFor([NOW - agoMs], [NOW + aheadMs], NOW)).map(({ place }) => place);
      expect(places.length).toBeLessThanOrEqual(5);
      for (const [at, place] of places.slice(1).entries())
        expect(place - (places[at] ?? 0)).toBeGreaterThan(0.17);
    }
});
