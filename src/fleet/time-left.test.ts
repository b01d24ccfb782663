import { expect, test } from 'vitest';
import { forecastOf } from '../drain/testing/drawn.ts';
import { type LeavingVm, timeLeftMs } from './time-left.ts';

const FROM = { host: 'a', destinations: ['b'], atATime: 1 };
const leaving = (uuid: string, given: Partial<LeavingVm> = {}): LeavingVm => ({
  ...{ uuid, to: undefined, runningMs: undefined, forecast: forecastOf(10_000, 100, 1) },
  ...given,
});
const likely = (all: readonly LeavingVm[], from = FROM) =>
  Math.round(timeLeftMs(all, from, () => 0.5).middle);

test('what has been on its way for a while takes so much less', () => {
  expect(likely([leaving('1'), leaving('2')])).toBe(20_000);
  expect(likely([leaving('1', { to: 'b', runningMs: 4000 }), leaving('2')])).toBe(16_000);
  expect(likely([])).toBe(0);
});

test('what takes longer than was expected is about to end, and those that wait do so behind it', () => {
  expect(likely([leaving('1', { to: 'b', runningMs: 60_000 })])).toBe(500);
  expect(likely([leaving('2'), leaving('1', { to: 'b', runningMs: 60_000 })])).toBe(10_500);
});

test('as many at a time as stay calm among them share a link; the interval is around the likely end', () => {
  const calm = { forecast: forecastOf(10_000, 100, 2) };
  const { low, middle, high } = timeLeftMs(
    [leaving('1', calm), leaving('2', calm)],
    { ...FROM, atATime: 2 },
    mulberry(),
  );
  expect(middle).toBe(20_000);
  expect(low).toBeLessThan(middle);
  expect(high).toBeGreaterThan(middle);
});

function mulberry(): () => number {
  let state = 7;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
