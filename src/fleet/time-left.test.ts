import { expect, test } from 'vitest';
import { forecastOf } from '../drain/testing/drawn.ts';
import { type LeavingFrom, type LeavingVm, timeLeftMs } from './time-left.ts';

const FROM = { host: 'a', destinations: ['b'], atATime: 1 };
const leaving = (uuid: string, given: Partial<LeavingVm> = {}): LeavingVm => ({
  ...{ uuid, to: undefined, runningMs: undefined, forecast: forecastOf(10_000, 100, 1) },
  ...given,
});
const likely = (all: readonly LeavingVm[], from: LeavingFrom = FROM) =>
  Math.round(timeLeftMs(all, from, () => 0.5)?.middle ?? Number.NaN);

test('what has been on its way for a while takes so much less', () => {
  expect(likely([leaving('1'), leaving('2')])).toBe(20_000);
  expect(likely([leaving('1', { to: 'b', runningMs: 4000 }), leaving('2')])).toBe(16_000);
  expect(likely([])).toBe(0);
});

test('what is left of a notice comes on top', () => {
  const all = [leaving('1', { to: 'b', runningMs: 0, noticeMs: 15_000 }), leaving('2', { noticeMs: 60_000 })];
  expect(likely(all)).toBe(95_000);
});

test('what takes longer than was expected is about to end, and those that wait do so behind it', () => {
  expect(likely([leaving('1', { to: 'b', runningMs: 60_000 })])).toBe(500);
  expect(likely([leaving('2'), leaving('1', { to: 'b', runningMs: 60_000 })])).toBe(10_500);
});

test('as many at a time as stay calm among them share a link; the interval is around the likely end', () => {
  const calm = { forecast: forecastOf(10_000, 100, 2) };
  const all = [leaving('1', calm), leaving('2', calm)];
  const left = timeLeftMs(all, { ...FROM, atATime: 2 }, mulberry());
  expect(left?.middle).toBe(20_000);
  expect(left?.low).toBeLessThan(20_000);
  expect(left?.high).toBeGreaterThan(20_000);
});

test('what waits is gated by windows, by what its plan expected of it; what is on its way is not', () => {
  const opening = { opensMs: 60_000, closesMs: 75_000 };
  const next = { opensMs: 600_000, closesMs: 615_000 };
  const openings = { at: (ms: number) => [opening, next].find(({ closesMs }) => closesMs > ms) };
  const from = { ...FROM, openings };
  const expectsMs = 12_000;
  expect(likely([leaving('1', { expectsMs })], from)).toBe(70_000);
  const onTheWay = leaving('1', { to: 'b', runningMs: 4000 });
  expect(likely([onTheWay], from)).toBe(6000);
  expect(likely([onTheWay, leaving('2', { expectsMs }), leaving('3', { expectsMs })], from)).toBe(610_000);
  const three = ['1', '2', '3'].map((uuid) => leaving(uuid, { expectsMs }));
  expect(timeLeftMs(three, from, () => 0.5)).toBeUndefined();
});

function mulberry(): () => number {
  let state = 7;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
