import { expect, test } from 'vitest';
import { kubevirtDowntimeRamp } from './kubevirt-downtime-ramp.ts';
import { acts, actsWhere, begin, GIB, MB, ticks } from './testing/trace.ts';

/** The pass as of its time; the rest swings, so that the default rule is content for 2700 s. */
const guest = (toMs: number, pass: (atMs: number) => number, totalBytes = 16 * GIB) =>
  ticks(0, toMs, (atMs) => ({
    totalBytes,
    pass: pass(atMs),
    remainingBytes: (500 + Math.abs((atMs % 4000) - 2000)) * MB,
  }));

test('rises every 10 s from the first poll on: seven steps of 107 ms, and the last millisecond', () => {
  const values = [150, 257, 364, 471, 578, 685, 792, 899, 900];
  expect(
    acts(
      begin(kubevirtDowntimeRamp),
      guest(200_000, () => 3),
    ),
  ).toEqual(values.map((ms, step) => [500 + step * 10_000, `downtime ${ms}`]));
});

test('waits for the third pass, and then only for what is left of the 10 s', () => {
  const late = (atMs: number) => (atMs < 60_000 ? 2 : 3);
  expect(acts(begin(kubevirtDowntimeRamp), guest(75_000, late))).toEqual([
    [500, 'downtime 150'],
    [60_000, 'downtime 257'],
    [70_000, 'downtime 364'],
  ]);
});

test('a step is a millisecond at least', () =>
  expect(
    acts(
      begin(kubevirtDowntimeRamp, { 'max-downtime': '152ms', cooldown: '1s' }),
      guest(10_000, () => 3),
    ).map(([, what]) => what),
  ).toEqual(['downtime 150', 'downtime 151', 'downtime 152']));

test('an initial value over the maximum is the maximum', () => {
  const policy = begin(kubevirtDowntimeRamp, { 'max-downtime': '100ms' });
  expect(policy.initialDowntimeLimitMs).toBe(100);
  expect(
    acts(
      policy,
      guest(60_000, () => 9),
    ),
  ).toEqual([[500, 'downtime 100']]);
});

test('the timeouts of the default rule hold beside it', () => {
  const done = acts(
    begin(kubevirtDowntimeRamp),
    guest(200_000, () => 3, GIB / 2),
  );
  expect(done.at(-1)).toEqual([151_000, 'abort']);
  expect(done).toHaveLength(10);
});

test('goes on from QEMU’s 300 ms where the initial value failed, without a cooldown', () =>
  expect(
    actsWhere(
      { fails: (what) => what === 'downtime 150' },
      begin(kubevirtDowntimeRamp),
      guest(15_000, () => 3),
    ),
  ).toEqual([
    [500, 'downtime 150'],
    [1000, 'downtime 407'],
    [11_000, 'downtime 514'],
  ]));

test('a step that failed is taken again at the next poll', () =>
  expect(
    actsWhere(
      { fails: (_, atMs) => atMs === 10_500 },
      begin(kubevirtDowntimeRamp),
      guest(22_000, () => 3),
    ),
  ).toEqual([
    [500, 'downtime 150'],
    [10_500, 'downtime 257'],
    [11_000, 'downtime 257'],
    [21_000, 'downtime 364'],
  ]));

test('starts after the first pass at the earliest', () =>
  expect(() => kubevirtDowntimeRamp.build({ 'start-after-iteration': '0' })).toThrow(
    /start-after-iteration/,
  ));
