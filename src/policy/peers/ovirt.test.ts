import { describe, expect, test } from 'vitest';
import {
  ovirtLegacy,
  ovirtMinimalDowntime,
  ovirtPostCopy,
  ovirtSuspendWorkload,
  ovirtVeryLargeVms,
} from './ovirt.ts';
import type { PeerEntry } from './peer.ts';
import { acts, begin, tick } from './testing/trace.ts';

/** What it did at its polls, one each 10 s, at which these passes are running. */
function atPolls(peer: PeerEntry, passes: readonly number[]) {
  const observations = [tick(0), ...passes.map((pass, index) => tick((index + 1) * 10_000, { pass }))];
  return acts(begin(peer), observations);
}
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe('minimal downtime', () => {
  test('one pass in 10 s: a limit must be exceeded, not met', () =>
    expect(atPolls(ovirtMinimalDowntime, upTo(12))).toEqual([
      [0, 'downtime 100'],
      // Pass 3 is the second since the first look: more than 1.
      [30_000, 'downtime 150'],
      [40_000, 'downtime 200'],
      [50_000, 'downtime 300'],
      [60_000, 'downtime 400'],
      // 6 passes are not more than 6.
      [80_000, 'downtime 500'],
      [90_000, 'abort'],
    ]));

  test('many passes in 10 s: one item a poll all the same', () =>
    expect(
      atPolls(
        ovirtMinimalDowntime,
        upTo(8).map((poll) => poll * 10),
      ),
    ).toEqual([
      [0, 'downtime 100'],
      [20_000, 'downtime 150'],
      [30_000, 'downtime 200'],
      [40_000, 'downtime 300'],
      [50_000, 'downtime 400'],
      [60_000, 'downtime 500'],
      [70_000, 'abort'],
    ]));

  test('counts from its first look, which may be late in the migration', () =>
    expect(atPolls(ovirtMinimalDowntime, [30, 31, 32])).toEqual([
      [0, 'downtime 100'],
      [30_000, 'downtime 150'],
    ]));

  test('without a new pass since the last look nothing is taken, not even the abort', () =>
    expect(atPolls(ovirtMinimalDowntime, [10, 20, 30, 40, 50, 60, 60, 60, 60])).not.toContainEqual([
      expect.any(Number),
      'abort',
    ]));
});

test('what the rest does decides nothing', () => {
  const observations = [
    tick(0),
    ...upTo(20).map((n) => tick(n * 10_000, { pass: 1, remainingBytes: n * 1e6 })),
  ];
  expect(acts(begin(ovirtMinimalDowntime), observations)).toEqual([[0, 'downtime 100']]);
});

const words = (peer: PeerEntry) => atPolls(peer, upTo(60)).map(([, what]) => what);

test('suspend workload does not suspend: 5 s of downtime, then an abort', () =>
  expect(words(ovirtSuspendWorkload).slice(-3)).toEqual(['downtime 500', 'downtime 5000', 'abort']));

test('post-copy, and an abort where it did not start', () =>
  expect(words(ovirtPostCopy)).toEqual([
    'downtime 100',
    'downtime 150',
    'downtime 200',
    'post-copy',
    'abort',
  ]));

test('very large VMs', () =>
  expect(words(ovirtVeryLargeVms)).toEqual([
    'downtime 300',
    'downtime 400',
    'downtime 500',
    'downtime 700',
    'downtime 1000',
    'downtime 1500',
    'downtime 5000',
    'abort',
  ]));

test('legacy: 100 + 400^(i/4), the last again after 42 passes, then an abort', () =>
  expect(atPolls(ovirtLegacy, upTo(60))).toEqual([
    [0, 'downtime 101'],
    [30_000, 'downtime 104'],
    [40_000, 'downtime 120'],
    [50_000, 'downtime 189'],
    [60_000, 'downtime 500'],
    [440_000, 'downtime 500'],
    [450_000, 'abort'],
  ]));

test('a monitor interval of 0 turns the monitor off; one of half a second is refused', () => {
  const policy = begin(ovirtLegacy, { 'monitor-interval': '0s' });
  const passes = upTo(100).map((pass) => tick(pass * 10_000, { pass }));
  expect(acts(policy, passes)).toEqual([[10_000, 'downtime 101']]);
  expect(() => ovirtLegacy.build({ 'monitor-interval': '500ms' })).toThrow(/monitor-interval: .*1000 ms/);
});
