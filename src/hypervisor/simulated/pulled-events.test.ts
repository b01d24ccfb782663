import { expect, test } from 'vitest';
import { PulledEvents } from './pulled-events.ts';

/** Counts up to 3, and remembers the order of what happened. */
function counting(log: string[]) {
  let at = 0;
  const events = new PulledEvents<{ atMs: number }>(() => {
    at += 1;
    log.push(`make ${at}`);
    events.push({ atMs: at });
    if (at === 3) events.close();
  });
  return events;
}

test('an event is made only when asked for, after the consumer has done with the one before', async () => {
  const log: string[] = [];
  for await (const { atMs } of counting(log)) {
    log.push(`take ${atMs}`);
    // What is left to promises is done as well before time goes on: the effect, then the note about it.
    void Promise.resolve()
      .then(() => log.push(`effect ${atMs}`))
      .then(() => log.push(`note ${atMs}`));
  }
  expect(log).toEqual([1, 2, 3].flatMap((k) => [`make ${k}`, `take ${k}`, `effect ${k}`, `note ${k}`]));
});

test('a consumer may leave and come back', async () => {
  const events = counting([]);
  for await (const { atMs } of events) if (atMs === 1) break;
  expect(events.lastReadMs).toBe(1);
  const rest: number[] = [];
  for await (const { atMs } of events) rest.push(atMs);
  expect(rest).toEqual([2, 3]);
});
