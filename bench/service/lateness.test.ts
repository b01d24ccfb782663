import { expect, test } from 'vitest';
import { beganMs, decisionsLateMs, type Entry, isNews, shownLateMs, toldLateMs } from './lateness.ts';

const START_MS = Date.parse('2026-01-01T00:00:00.000Z');

/** @param lateMs of each, written that long after its event; one event every 250 ms */
function written(lateMs: readonly number[], type = 'tick'): Entry[] {
  return lateMs.map((late, at) => ({
    seq: at + 3,
    type,
    atMs: 250 * (at + 1),
    time: new Date(START_MS + 250 * (at + 1) + late).toISOString(),
  }));
}

const LATE = [5, 0, 1, 40, 0, 2, 3, 0, 1];

test('the start is that of the entry that was written soonest after its event', () => {
  const opened = { seq: 0, type: 'opened', atMs: 0, time: new Date(START_MS - 300).toISOString() };
  expect(beganMs([opened, ...written(LATE)])).toBe(START_MS);
  expect(decisionsLateMs([opened, ...written(LATE)])).toEqual(LATE);
});

test('of too few nothing is said', () => {
  expect(beganMs(written([1, 2, 3]))).toBeUndefined();
  expect(decisionsLateMs(written([1, 2, 3]))).toEqual([]);
  expect(toldLateMs(written([1, 2, 3]), [{ revision: 4, atMs: START_MS }], () => true)).toEqual([]);
});

test('a reader knows of an entry by the first revision that covers it, and answers for none from before it came', () => {
  const entries = written(LATE);
  const told = [
    { revision: 5, atMs: START_MS + 600 },
    { revision: 7, atMs: START_MS + 1100 },
    { revision: 12, atMs: START_MS + 2300 },
  ];
  // The entries 5 and 6 are the third and fourth, due at 750 and 1000 ms; the last, 11, at 2250 ms.
  expect(toldLateMs(entries, told, () => true)).toEqual([350, 100, 1050, 800, 550, 300, 50]);
  expect(toldLateMs(entries, told, ({ seq }) => seq === 11)).toEqual([50]);
  expect(toldLateMs(entries, [], () => true)).toEqual([]);
});

test('samples are no news, nor is what was written before the start', () => {
  const entry = { seq: 1, atMs: 5, time: '' };
  expect(isNews({ ...entry, type: 'boundary' })).toBe(true);
  expect(isNews({ ...entry, type: 'tick' })).toBe(false);
  expect(isNews({ ...entry, type: 'state', atMs: 0 })).toBe(false);
});

test('a page shows a pass late by when it first shows it, or a later one', () => {
  const entries = written(LATE).map((entry, at) =>
    at % 3 === 2 ? { ...entry, type: 'boundary', boundary: { pass: 1 + (at + 1) / 3 } } : entry,
  );
  // Passes 2, 3 and 4 begin at 750, 1500 and 2250 ms.
  const shown = [
    { pass: 1, atMs: START_MS },
    { pass: 2, atMs: START_MS + 810 },
    { pass: 4, atMs: START_MS + 2300 },
  ];
  expect(shownLateMs(entries, shown)).toEqual([60, 800, 50]);
  expect(shownLateMs(entries, [])).toEqual([]);
});
