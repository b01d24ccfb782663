import { describe, expect, test } from 'vitest';
import type { Plan, Rehearsal } from '../api-types.ts';
import { formatDuration } from './format.ts';
import {
  endOf,
  estimateWords,
  knownByWords,
  meansWords,
  startCost,
  verdictOf,
  wayOutWords,
} from './plan-words.ts';

const REHEARSAL: Rehearsal = {
  policy: 'forecast',
  end: 'completed',
  completes: 'in-all-cases',
  totalMs: { low: 27_000, likely: 29_000, high: 33_000 },
  sentBytes: { low: 3e9, likely: 3.3e9, high: 3.7e9 },
  pauseMs: { low: 2300, likely: 2500, high: 2750 },
  brownOut: null,
  usedMeans: [],
  neededPauseMs: null,
  reason: 'it fits',
};
const PLAN: Plan = {
  ...{ vm: 'db', destination: null, verdict: 'memory-intensive', sentence: 's', findings: [], notes: [] },
  knownBy: { tookMs: 4400, probes: [1, 2], probeRefusal: null, earlierPasses: 0, earlierTransfers: 1 },
  ...{ chosen: REHEARSAL, others: [], waysOut: [], limits: { downtimeMs: 300, maxDowntimeMs: 4000 } },
};

test('what forbids it goes before what it would come to', () => {
  expect(verdictOf(PLAN)).toEqual({ words: 'fits, with a longer pause', tone: 'pause' });
  expect(verdictOf({ ...PLAN, findings: [{ code: 'no-memory', message: 'm' }] }).words).toBe(
    'would be refused',
  );
});

test('an estimate has its bounds, unless they are the same in words', () => {
  expect(estimateWords(REHEARSAL.pauseMs ?? { low: 0, likely: 0, high: 0 }, formatDuration)).toEqual([
    '2.50 s',
    '2.30 s to 2.75 s',
  ]);
  expect(estimateWords({ low: 30, likely: 30.1, high: 30.2 }, formatDuration)).toEqual(['30 ms', '']);
});

test('it says what it rests on', () => {
  expect(knownByWords(PLAN)).toBe(
    'By 2 looks at the guest in 4.40 s, no passes of its earlier migrations and 1 transfer over this link.',
  );
  const blind = { knownBy: { ...PLAN.knownBy, probeRefusal: 'QEMU is too old' } };
  expect(knownByWords(blind)).toContain('it could not be looked at: QEMU is too old');
});

test.each([
  [{}, 'ends'],
  [{ completes: 'in-some-cases' }, 'likely ends'],
  [{ end: 'never-ends' }, 'never ends'],
  [{ end: 'gives-up', completes: 'in-no-case' }, 'gives up'],
  [{ end: 'gives-up', completes: 'in-some-cases' }, 'may give up'],
] as const)('%j %s', (given, words) => expect(endOf({ ...REHEARSAL, ...given }).words).toBe(words));

test('a way out is told in the words of the form', () => {
  expect(wayOutWords('--max-downtime 3.1s')).toBe('Longest pause allowed: 3.1s');
  expect(wayOutWords('a line of 6.7gbit')).toBe('A line of 6.7gbit');
  expect(meansWords({ brownOut: { ms: 9350, percent: 99 }, usedMeans: ['post-copy'] })).toBe(
    'the guest slowed by 99 % for 9.35 s; by post-copy, with no way back',
  );
});

describe('a start is confirmed with what it costs', () => {
  const wish = { vm: 'db', destination: 'h2' };

  test('by its plan', () => {
    const [expected, longest] = startCost(wish, PLAN);
    expect(expected).toBe('Expected is a pause of 2.50 s after 29.0 s, with 3.30 GB sent.');
    expect(longest).toContain('up to 4.00 s');
  });

  test('by a plan that does not get there', () =>
    expect(startCost(wish, { ...PLAN, chosen: { ...REHEARSAL, pauseMs: null, reason: 'too busy' } })[0]).toBe(
      'It is expected not to get there: too busy.',
    ));

  test('without one, by what was asked for', () => {
    const costs = startCost(
      { ...wish, maxDowntimeMs: 2000, bandwidthBytesPerSecond: 1e8, overBudget: 'post-copy' },
      undefined,
    );
    expect(costs[0]).toContain('up to 2.00 s');
    expect(costs[1]).toContain('100 MB/s at most');
    expect(costs[2]).toContain('a lost link loses the guest');
    expect(startCost(wish, undefined)[0]).toContain('as long as the service allows');
  });
});
