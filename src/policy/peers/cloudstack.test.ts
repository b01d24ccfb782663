import { expect, test } from 'vitest';
import { cloudstack } from './cloudstack.ts';
import { acts, actsWhere, begin, ticks } from './testing/trace.ts';

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

test('sets and suspends at every loop until that took, and again where the guest runs again', () => {
  const options = { downtime: '800ms', 'pause-after': '10s' };
  const fails = (_: string, atMs: number) => atMs === 1000 || atMs === 10_250;
  expect(
    actsWhere(
      { fails, stopsAtMs: 10_600, resumesAtMs: 15_000 },
      begin(cloudstack, options),
      ticks(0, 60_000),
    ),
  ).toEqual([
    [1000, 'downtime 800'],
    [1250, 'downtime 800'],
    [10_250, 'suspend'],
    [10_500, 'suspend'],
    [15_000, 'suspend'],
  ]);
});

test('starts with xbzrle, as libvirt takes VIR_MIGRATE_COMPRESSED', () =>
  expect(cloudstack.build({}).startsWith).toEqual({ xbzrle: true }));
