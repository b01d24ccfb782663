import { describe, expect, test } from 'vitest';
import { forecastOf } from '../drain/testing/drawn.ts';
import { atPace, paceOf, type Ride } from './pace.ts';

/** Ten seconds alone. */
const ride = (fromMs: number, toMs: number | undefined): Ride => ({
  ...{ forecast: forecastOf(10_000, 100, 2), fromMs, toMs },
});

describe('how long moves took, against what was expected', () => {
  test('is 1 as long as none has ended', () => {
    expect(paceOf([], 0)).toBe(1);
    expect(paceOf([ride(0, undefined)], 60_000)).toBe(1);
  });

  test('is half of what one shows, and comes nearer to what several do', () => {
    expect(paceOf([ride(0, 20_000)], 20_000)).toBeCloseTo(1.5);
    const four = [0, 1, 2, 3].map((at) => ride(at * 20_000, (at + 1) * 20_000));
    expect(paceOf(four, 80_000)).toBeCloseTo(1.8);
  });

  test('is no slower for those that were to share their link, and did', () => {
    const { besideOthers } = forecastOf(10_000, 100, 2);
    const together = besideOthers[1]?.totalMs.middle ?? Number.NaN;
    expect(together).toBeGreaterThan(10_000);
    expect(paceOf([ride(0, together), ride(0, together)], together)).toBeCloseTo(1);
    // One of them is on its way still.
    expect(paceOf([ride(0, together), ride(0, undefined)], together)).toBeCloseTo(1);
  });

  test('has bounds: one that hung says little of the others', () => {
    expect(paceOf([ride(0, 1e9)], 1e9)).toBe(5);
    expect(paceOf([ride(0, 1), ride(1, 2), ride(2, 3), ride(3, 4)], 4)).toBe(0.5);
    expect(paceOf([ride(5, 5)], 5)).toBe(1);
  });
});

test('what is still to come is expected at that pace, and stands still for as long as before', () => {
  const slow = atPace(forecastOf(10_000, 100, 2), 1.5);
  expect(slow.besideOthers[0].totalMs.middle).toBe(15_000);
  expect(slow.besideOthers[0].pauseMs.middle).toBe(100);
  expect(slow.calmAmong).toBe(2);
});
