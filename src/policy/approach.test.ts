import { describe, expect, test } from 'vitest';
import { Approach } from './approach.ts';

const FITS = 40e6;

/** Boundaries of 50 ms, or another time, each of which leaves so many megabytes. */
function after(restMB: readonly number[], everyMs = 50): Approach {
  const approach = new Approach();
  restMB.forEach((rest, index) => void approach.see(1000 + everyMs * index, rest * 1e6));
  return approach;
}
const times = (count: number, megabytes: number) => Array.from({ length: count }, () => megabytes);
const falling = (count: number, fromMB: number, byMB: number) =>
  Array.from({ length: count }, (_, index) => fromMB - index * byMB);

test('a rest that stays as it is for half a second, in short passes, takes for ever', () => {
  expect(after(times(10, 43)).takesLonger(FITS, 1e9)).toBe(false);
  expect(after(times(11, 43)).takesLonger(FITS, 1e9)).toBe(true);
});

describe('one that sinks takes as long as at its pace', () => {
  // 0.1 MB in 50 ms, and 2 MB to go: 1 s.
  const sinking = after(falling(11, 43, 0.1));
  test.each([
    [900, true],
    [1100, false],
  ])('more than %i ms: %s', (withinMs, longer) => expect(sinking.takesLonger(FITS, withinMs)).toBe(longer));
});

test('long passes are compared over as many: a guest with phases may need a few', () => {
  expect(after(times(8, 500), 10_000).takesLonger(FITS, 1e6)).toBe(false);
  expect(after(times(9, 500), 10_000).takesLonger(FITS, 1e6)).toBe(true);
});

test('before the first boundary nothing is known', () =>
  expect(new Approach().takesLonger(0, 0)).toBe(false));
