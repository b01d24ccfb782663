import { expect, test } from 'vitest';
import { summary } from '../testing/summary.ts';
import { costOf } from './limits-cost.ts';
import { hostOf, standing } from './words.ts';

test.each([
  [{}, 'copying', 'moving'],
  [{ braked: true }, 'braking', 'brake'],
  [{ state: 'stopped' }, 'guest paused', 'pause'],
  [{ state: 'ended', outcome: 'completed', runsOn: 'destination', braked: true }, 'migrated', 'good'],
  // A cancel is nobody's failure.
  [{ state: 'ended', outcome: 'cancelled', runsOn: 'source' }, 'cancelled', 'plain'],
  [{ state: 'ended', outcome: 'failed', runsOn: 'unknown' }, 'needs a person', 'ask'],
  [{ state: 'on-the-moon' }, 'on the moon', 'plain'],
] as const)('%j is %s', (given, words, tone) => expect(standing(summary(given))).toEqual({ words, tone }));

test.each([
  ['qemu+ssh://root@host3.rack2:22/system?name=db', 'host3.rack2'],
  ['qmp:/run/vm1.sock', 'qmp:/run/vm1.sock'],
  [null, 'not known'],
])('of %s a table shows %s', (address, words) => expect(hostOf(address)).toBe(words));

test('other limits say what they mean now', () => {
  const now = summary({ vm: 'db', maxDowntimeMs: 2000, forecastPauseMs: 2500 });
  expect(costOf(now, {})).toEqual([]);
  expect(costOf(now, { maxDowntimeMs: 3000 })).toEqual([
    'db may stand still for up to 3.00 s, longer than the 2.00 s of now.',
    'The pause forecast at the last pass, 2.50 s, fits: it may switch over at the next one.',
  ]);
  expect(costOf(now, { maxDowntimeMs: 1000 })[1]).toContain('does not fit');
  const writing = { ...now, dirtyBytesPerSecond: 50e6 };
  expect(costOf(writing, { bandwidthBytesPerSecond: 20e6 })).toEqual([
    'Its passes are held to 20.0 MB/s from now on; the last step is not.',
    'db writes 50.0 MB/s, which is more: passes will not become shorter.',
  ]);
  expect(costOf(writing, { bandwidthBytesPerSecond: 200e6 })).toHaveLength(1);
  expect(costOf({ ...writing, bandwidthBytesPerSecond: 20e6 }, { bandwidthBytesPerSecond: null })).toEqual([
    'Its passes take what the link has. The last step always does.',
  ]);
});
