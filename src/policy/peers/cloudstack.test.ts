import { expect, test } from 'vitest';
import { cloudstack } from './cloudstack.ts';
import { acts, begin, ticks } from './testing/trace.ts';

test('by default it only waits an hour, then aborts', () =>
  expect(acts(begin(cloudstack), ticks(0, 3_700_000))).toEqual([[3_600_250, 'abort']]));

test('sets its downtime once, after a second', () =>
  expect(acts(begin(cloudstack, { downtime: '800ms' }), ticks(0, 60_000))).toEqual([[1000, 'downtime 800']]));

test('suspends once after `pause-after`, and still aborts at the end of the wait', () =>
  expect(acts(begin(cloudstack, { 'pause-after': '10s', wait: '20s' }), ticks(0, 60_000))).toEqual([
    [10_250, 'suspend'],
    [20_250, 'abort'],
  ]));

test('with no wait it waits for ever', () =>
  expect(acts(begin(cloudstack, { wait: '0s' }), ticks(0, 7_200_000))).toEqual([]));
