import { expect, test } from 'vitest';
import { keptInDatabase, keptInFolder } from './kept.ts';

const DAY_MS = 24 * 3600e3;

test('nothing asked for: a year and 10 GB in a database, 90 days and 1 GB in the folder', () => {
  expect(keptInDatabase({})).toEqual({ olderThanMs: 365 * DAY_MS, maxBytes: 10e9 });
  for (const hasDatabase of [true, false])
    expect(keptInFolder({}, hasDatabase)).toEqual({ olderThanMs: 90 * DAY_MS, maxBytes: 1e9 });
});

test('without a database the folder keeps what is asked for, more or less', () => {
  expect(keptInFolder({ olderThanMs: 180 * DAY_MS }, false)).toEqual({
    ...{ olderThanMs: 180 * DAY_MS, maxBytes: 1e9 },
  });
  expect(keptInFolder({ maxBytes: 5e6 }, false)).toEqual({ olderThanMs: 90 * DAY_MS, maxBytes: 5e6 });
});

test('with a database the folder keeps no more than that, and never more than by itself', () => {
  const asked = { olderThanMs: 30 * DAY_MS, maxBytes: 5e9 };
  expect(keptInDatabase(asked)).toEqual(asked);
  expect(keptInFolder(asked, true)).toEqual({ olderThanMs: 30 * DAY_MS, maxBytes: 1e9 });
});
