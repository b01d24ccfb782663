import { expect, test } from 'vitest';
import { summary } from '../testing/summary.ts';
import { arrivalOf, arrivalWords, shownUntilMs } from './arrival.ts';

const STARTED_MS = Date.parse('2026-11-29T14:00:00.000Z');
const NOW = STARTED_MS + 30_000;

test.each([
  [{ lowMs: 50_000, likelyMs: 70_000, highMs: 95_000 }, 'ends in 40 s (20 s to 1 min 5 s)'],
  [{ lowMs: 70_100, likelyMs: 70_200, highMs: 70_300 }, 'ends in 40 s'],
  [{ lowMs: 50_000, likelyMs: 70_000, highMs: null }, 'likely ends in 40 s, may be later'],
  [{ lowMs: 50_000, likelyMs: null, highMs: null }, 'end not known, 20 s at the least'],
  [{ lowMs: 30_000, likelyMs: null, highMs: null }, 'end not known yet'],
  // It should have come by now: nothing is said of a time that is past.
  [{ lowMs: 20_000, likelyMs: 29_000, highMs: 60_000 }, 'ends any moment'],
  [{ lowMs: 20_000, likelyMs: 60_000, highMs: 90_000 }, 'ends in 30 s (0 s to 1 min 0 s)'],
  [null, 'end not known yet'],
])('%j: %s', (forecastEndMs, words) => expect(arrivalWords(summary({ forecastEndMs }), NOW)).toBe(words));

test('a guest that is braked, and what is over', () => {
  expect(arrivalWords(summary({ braked: true }), NOW)).toBe('end not known while it is braked');
  const over = summary({ final: true, forecastEndMs: { lowMs: 1, likelyMs: 2, highMs: 3 } });
  expect(arrivalWords(over, NOW)).toBe('');
  expect(arrivalOf(over)).toBeUndefined();
});

test('an axis reaches to the latest end, but not for one that is far beyond the likely', () => {
  const until = (lowMs: number, likelyMs: number | null, highMs: number | null) => {
    const arrival = arrivalOf(summary({ forecastEndMs: { lowMs, likelyMs, highMs } }));
    return arrival && shownUntilMs(arrival) - STARTED_MS;
  };
  expect(until(50_000, 60_000, 65_000)).toBe(65_000);
  expect(until(50_000, 60_000, 600_000)).toBe(80_000);
  expect(until(50_000, 60_000, null)).toBe(60_000);
  expect(until(50_000, null, null)).toBe(50_000);
});
