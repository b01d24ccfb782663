import { expect, test } from 'vitest';
import type { Footprint, Hop } from './course.ts';
import { inWords, isSound, summaryOf } from './summary.ts';

const hop = (pauseMs: number | null, ...problems: string[]): Hop => ({
  what: 'loop by migrate',
  problems,
  pauseMs,
  tookMs: 1000,
  log: '',
});
const hops = (count: number) => Array.from({ length: count }, (_, index) => hop(100 + index));
const growing = (figure: string, values: readonly number[]): Footprint[] =>
  values.map((value) => ({ [figure]: value }));
const steps = (count: number, from: number, by: number) =>
  Array.from({ length: count }, (_, index) => from + by * index);

test('pauses are told as they are spread, those that are not known left out', () => {
  const { pausesMs } = summaryOf([hop(300), hop(null), hop(100), hop(200)], []);
  expect(pausesMs).toEqual({ count: 3, median: 200, p90: 300, longest: 300 });
  expect(summaryOf([hop(null)], []).pausesMs).toBeNull();
});

test('a migration with a problem is one too many', () => {
  const summary = summaryOf([hop(1), hop(2, 'two sides run it', 'page 7 is wrong')], []);
  expect(isSound(summary)).toBe(false);
  expect(inWords(summary)).toMatch(/2 \(loop by migrate\): two sides run it; page 7 is wrong/);
  expect(isSound(summaryOf(hops(3), []))).toBe(true);
});

test.each([
  ['open files of watch', steps(40, 20, 1), true],
  ['open files of watch', [...steps(20, 20, 0), ...steps(20, 21, 0)], false],
  ['watch in MB', steps(40, 80, 4), true],
  ['watch in MB', [400, ...steps(39, 80, 0.5)], false],
  ['processes left', [...steps(30, 0, 0), ...steps(10, 6, 0)], true],
  ['bytes of journal', steps(40, 0, 1e6), false],
  ['bytes of journal', steps(40, 0, 3e6), true],
  ['libvirtd of host1 in MB', steps(40, 20, 50), false],
])('%s: %j', (figure, values, isProblem) => {
  const summary = summaryOf(hops(40), growing(figure, values));
  expect(summary.growth.map(({ problem }) => problem !== undefined)).toEqual([isProblem]);
  expect(isSound(summary)).toBe(!isProblem);
});

test('a few migrations tell nothing of growth', () =>
  expect(summaryOf(hops(5), growing('watch in MB', steps(5, 0, 1000))).growth).toEqual([]));
