import { expect, test } from 'vitest';
import { EventDating } from './event-dating.ts';

const HOUR_MS = 3_600_000;

/** Of a machine whose clock is an hour ahead, over a way of 5 ms; ours began at 1000. */
const happened = (atMs: number, receivedMs = atMs + 5, notBeforeMs = receivedMs - 400) => ({
  receivedMs,
  timestampMs: atMs + HOUR_MS,
  notBeforeMs,
});

test('one that came at once is when it was received', () => {
  const dating = new EventDating(1000);
  expect(dating.date(happened(2000), 0)).toEqual([1005]);
  expect(dating.date(happened(3000), 0)).toEqual([2005]);
});

test('one that waited for us is as old as its stamp says, no older than it may be', () => {
  const dating = new EventDating(1000);
  dating.date(happened(2000), 0);
  expect(dating.date(happened(3000, 3305), 400)).toEqual([2005]);
  expect(dating.date(happened(4000, 4305), 290)).toEqual([3015]);
});

// The second found by the explorer, seed 1796042414896: a pause of 309 ms was told as 72 ms.
test('those that waited tell only how old they may be, where none came at once before', () => {
  const dating = new EventDating(1000);
  expect(dating.date(happened(2000, 2300), 400)).toEqual([1300, 400]);
  expect(dating.date(happened(2001, 2300), 400)).toEqual([1300, 400]);
  expect(dating.canCompare).toBe(false);
});

test('one whose way was slow tells how slow, and the next that is quick is dated as before', () => {
  const dating = new EventDating(1000);
  dating.date(happened(2000), 0);
  expect(dating.date(happened(3000, 3705), 0)).toEqual([2705, 700]);
  expect(dating.date(happened(4000, 4305), 400)).toEqual([3305, 400]);
  dating.date(happened(5000), 0);
  expect(dating.date(happened(6000, 6305), 400)).toEqual([5005]);
});

// Found by the explorer, seed 1796037320744: a pause of 5.99 s was told as 2.99 s.
test('one that comes after an answer is no older than its question, whatever a clock says that was set', () => {
  const dating = new EventDating(1000);
  dating.date(happened(2000), 0);
  const event = happened(9000, 9005, 9004.5);
  expect(dating.date({ ...event, timestampMs: event.timestampMs - 3000 }, 5000)).toEqual([8005, 0.5]);
});

// Found by the explorer, seed 1796049843077: our own clock stood in for the stamp, and all that waited seemed to have come at once.
test('one that has no stamp tells only how old it may be, and is nothing to compare others with', () => {
  const dating = new EventDating(1000);
  const unstamped = (...times: Parameters<typeof happened>) => ({
    ...happened(...times),
    timestampMs: undefined,
  });
  expect(dating.date(unstamped(2000), 0)).toEqual([1005]);
  expect(dating.canCompare).toBe(false);
  dating.date(happened(2500), 0);
  expect(dating.date(unstamped(3000, 3305), 400)).toEqual([2305, 400]);
  expect(dating.date(unstamped(4000, 9000, 4100), 0)).toEqual([8000, 4900]);
  expect(dating.date(happened(9500, 9805), 400)).toEqual([8505]);
});

test.each([-3000, 3000])('a clock that is set by %d ms dates nothing that waited', (setMs) => {
  const dating = new EventDating(1000);
  dating.date(happened(2000), 0);
  const event = happened(3000, 3305);
  expect(dating.date({ ...event, timestampMs: event.timestampMs + setMs }, 400)).toEqual([2305, 400]);
});

test('the first of all, from a monitor that had answered nothing for long, tells how old it may be', () => {
  const dating = new EventDating(1000);
  expect(dating.date(happened(2000, 40_000, 1500), 0)).toEqual([39_000, 38_500]);
  // It was kept as long, and is compared with nothing.
  expect(dating.date(happened(2500, 40_000, 1500), 0)).toEqual([39_000, 38_500]);
  expect(dating.canCompare).toBe(false);
  expect(dating.date(happened(41_000), 0)).toEqual([40_005]);
  expect(dating.canCompare).toBe(true);
});
