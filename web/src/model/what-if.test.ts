import { expect, test } from 'vitest';
import type { Outlook } from '../api-types.ts';
import { alternativesOf, comparisonWords } from './what-if.ts';

const outlook = (policy: string, given: Partial<Outlook> = {}): Outlook => ({
  ...{ policy, verdict: 'switchover', pass: 3, atMs: 30_000, remainingBytes: 1e8, sentBytes: 3e9 },
  ...{ pauseForecastMs: 2000, reason: 'because' },
  ...given,
});

test('the policy under which it ran is first, then what would have ended, the earliest first', () => {
  const found = alternativesOf(
    [
      outlook('stock', { verdict: 'undecided' }),
      outlook('late', { atMs: 50_000 }),
      outlook('early', { atMs: 10_000 }),
      outlook('forecast'),
      outlook('nova', { verdict: 'abort' }),
    ],
    { policy: 'forecast' },
  );
  expect(found.map(({ policy }) => policy)).toEqual(['forecast', 'early', 'late', 'stock', 'nova']);
});

test('a switchover ends after its pause, and sends what was dirty then', () =>
  expect(alternativesOf([outlook('mp')], { policy: 'forecast' })[0]).toMatchObject({
    ...{ pass: 3, pauseMs: 2000, totalMs: 32_000, sentBytes: 3.1e9, isOwn: false },
    sentence: 'mp would have switched over after 30 s, in pass 3, with a pause of 2.00 s.',
  }));

test('what does something else has no pause and no end', () => {
  const [gaveUp, wentOn] = alternativesOf(
    [outlook('a', { verdict: 'abort' }), outlook('b', { verdict: 'undecided' })],
    { policy: 'c' },
  );
  expect(gaveUp).toMatchObject({ pauseMs: undefined, totalMs: undefined, sentBytes: 3e9, pass: 3 });
  expect(gaveUp?.told).toEqual({ words: 'gives up', tone: 'bad' });
  expect(wentOn).toMatchObject({
    pass: undefined,
    sentence: expect.stringContaining('as long as the record goes'),
  });
  // A newer service may know more.
  expect(alternativesOf([outlook('d', { verdict: 'hover' })], { policy: 'c' })[0]?.told.words).toBe('hover');
});

test('what would have been better is said, and only of what has ended', () => {
  const of = { pauseMs: 2000, elapsedMs: 32_000, outcome: 'completed' } as const;
  const words = (...outlooks: Outlook[]) =>
    comparisonWords(alternativesOf(outlooks, { policy: 'forecast' }), of);
  expect(words(outlook('forecast'), outlook('mp', { pauseForecastMs: 1000 }))).toBe(
    'A shorter pause in no more time: mp.',
  );
  expect(words(outlook('forecast'), outlook('mp', { pauseForecastMs: 1000, atMs: 90_000 }))).toContain(
    'None',
  );
  expect(words(outlook('forecast'), outlook('stock', { verdict: 'undecided' }))).toContain(
    '1 of 2 would not have stopped the guest',
  );
  expect(comparisonWords([], { ...of, outcome: 'failed' })).toBeUndefined();
});
