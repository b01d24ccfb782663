import { expect, test } from 'vitest';
import { acts, begin, ticks } from './testing/trace.ts';
import { virshTimeout, virshTimeoutPostCopy } from './virsh-timeout.ts';

test('suspends the guest once, when the timer expires', () =>
  expect(acts(begin(virshTimeout, { timeout: '5s' }), ticks(0, 20_000))).toEqual([[5000, 'suspend']]));

test('or starts post-copy', () =>
  expect(acts(begin(virshTimeoutPostCopy, { timeout: '5s' }), ticks(0, 20_000))).toEqual([
    [5000, 'post-copy'],
  ]));

test('acts at the first observation after the timer where none falls on it', () =>
  expect(acts(begin(virshTimeout, { timeout: '5100ms' }), ticks(0, 20_000))).toEqual([[5250, 'suspend']]));

test('without a timeout it never acts', () =>
  expect(acts(begin(virshTimeout, { timeout: '0s' }), ticks(0, 120_000))).toEqual([]));
