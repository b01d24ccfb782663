import { expect, test } from 'vitest';
import type { JournalEntry } from '../journal/journal-entry.ts';
import { BOUNDARY, EVERY_HAPPENING } from '../journal/testing/happenings.ts';
import { viewOf } from '../journal/view.ts';
import { summaryOf } from './migration-summary.ts';

const [OPENED] = EVERY_HAPPENING;
const { ended, ...BEGINNING } = BOUNDARY.boundary;

test.each([
  ['as its first pass begins, with all of the memory, it foretells nothing', { pass: 1 }, null],
  ['as it begins in a later pass, where it is taken over, it does', { pass: 7 }, 2267],
  ['once a pass has ended it does', { pass: 2, ended }, 2267],
])('what a pause would be: %s', (_, changes, forecastPauseMs) => {
  const boundary = { ...BOUNDARY, boundary: { ...BEGINNING, ended: undefined, ...changes } };
  const entries = [OPENED, boundary].map(
    (happening, seq) => ({ seq, atMs: 0, time: '2026-01-01T00:00:00.000Z', ...happening }) as JournalEntry,
  );
  const live = {
    view: viewOf(entries),
    ticks: [],
    lastSeq: 1,
    updatedAt: '',
    lastAtMs: 0,
    writer: undefined,
  };
  expect(summaryOf(live).forecastPauseMs).toBe(forecastPauseMs);
});
