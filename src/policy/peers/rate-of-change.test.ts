import { expect, test } from 'vitest';
import { rateOfChange } from './rate-of-change.ts';
import { acts, begin, boundary, MB } from './testing/trace.ts';

/** The first boundary ends no pass; these are the dirty sets at those that follow, a second each. */
function after(remainingMB: readonly number[]) {
  return [
    boundary(0),
    ...remainingMB.map((each, index) =>
      boundary((index + 1) * 1000, { remainingBytes: each * MB, bandwidthBytesPerSecond: 60 * MB }),
    ),
  ];
}

test('goes on while each dirty set is smaller than the last, however little', () =>
  expect(acts(begin(rateOfChange), after([400, 300, 299, 298.9]))).toEqual([]));

test('stops at the first that is not', () => {
  expect(acts(begin(rateOfChange), after([400, 300, 300]))).toEqual([[3000, 'switchover']]);
  expect(acts(begin(rateOfChange), after([100, 200]))).toEqual([[2000, 'switchover']]);
});

test('all memory before the first pass is no dirty set to compare with', () =>
  expect(acts(begin(rateOfChange), after([1000]))).toEqual([]));

test('compares with the last, not with the best: a wave stops it', () =>
  expect(acts(begin(rateOfChange), after([400, 100, 200, 90]))).toEqual([
    [3000, 'switchover'],
    [4000, 'switchover'],
  ]));

test('a smallest change that still counts as shrinking can be asked for', () => {
  const policy = () => begin(rateOfChange, { 'least-change': '10%' });
  expect(acts(policy(), after([400, 350]))).toEqual([]);
  expect(acts(policy(), after([400, 370]))).toEqual([[2000, 'switchover']]);
});

test('two empty dirty sets do not shrink', () =>
  expect(acts(begin(rateOfChange), after([0, 0]))).toEqual([[2000, 'switchover']]));
