import { expect, test } from 'vitest';
import { PollClock } from './poll-clock.ts';

const polls = (clock: PollClock, times: readonly number[]) => times.filter((atMs) => clock.due(atMs));
const TICKS = Array.from({ length: 12 }, (_, index) => index * 250);

test('acts at the first observation at or after each due instant, which stay on their grid', () =>
  expect(polls(new PollClock(400), TICKS)).toEqual([500, 1000, 1250, 1750, 2000, 2500]));

test('a loop that polls before it sleeps', () =>
  expect(polls(new PollClock(500, 0), TICKS)).toEqual([0, 500, 1000, 1500, 2000, 2500]));

test('polls that were missed count as one', () =>
  expect(polls(new PollClock(400), [5000, 5100, 5200, 5600])).toEqual([5000, 5200, 5600]));

test('an interval shorter than our ticks: every tick is a poll', () =>
  expect(polls(new PollClock(100), TICKS)).toEqual(TICKS.slice(1)));

test('a new grid begins when it is restarted', () => {
  const clock = new PollClock(1000);
  expect(clock.due(1100)).toBe(true);
  clock.restart(1100, 300);
  expect(polls(clock, [1350, 1400, 1600, 1700])).toEqual([1400, 1700]);
});
