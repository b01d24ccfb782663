import { expect, test } from 'vitest';
import { JOURNAL_SCHEMA, type JournalEntry } from '../journal/journal-entry.ts';
import { BOUNDARY, newOpening, OUTCOME } from '../journal/testing/happenings.ts';
import { experienceOf } from './experience.ts';

const STAMP = { schema: JOURNAL_SCHEMA, seq: 0, time: '' };
const MB = 1e6;

/** A guest that stopped right after a short pass which a bitmap sync held up: 3 MB in 100 ms, on a line of 60 MB/s. */
function migration(): JournalEntry[] {
  const opening = newOpening({ streams: null });
  const limits = {
    ...opening.limits,
    bandwidthBytesPerSecond: undefined,
    lineRateBytesPerSecond: undefined,
  };
  const rates = { bandwidthBytesPerSecond: 30 * MB, dirtyRateBytesPerSecond: 120 * MB };
  const ended = { durationMs: 100, sentBytes: 3 * MB, ...rates };
  const boundary = {
    ...BOUNDARY.boundary,
    atMs: 5000,
    pass: 9,
    sentBytes: 300 * MB,
    remainingBytes: 12 * MB,
  };
  return [
    { ...STAMP, atMs: 0, type: 'opened', id: 'one', ...opening, limits },
    {
      ...STAMP,
      atMs: 5000,
      type: 'boundary',
      boundary: { ...boundary, ended, lineRateBytesPerSecond: 60 * MB },
    },
    { ...STAMP, atMs: 5000, type: 'guest', event: 'stopped', side: 'source' },
    { ...STAMP, atMs: 5400, type: 'ended', outcome: { ...OUTCOME, pauseMs: 400, sentBytes: 312 * MB } },
  ];
}

test('what a switchover cost is reckoned with the rate of the line, not with that of a pass too short to tell it', () => {
  // 12 MB at 60 MB/s take 200 ms of the 400.
  expect(experienceOf(migration())?.switchover).toEqual({
    pauseMs: 400,
    bytes: 12 * MB,
    lineRateBytesPerSecond: 60 * MB,
  });
});

test('the size of the guest is told with it, as far as its journal has it', () => {
  const [opened, ...rest] = migration();
  if (opened?.type !== 'opened') throw new Error('a journal begins with `opened`');
  expect(experienceOf([opened, ...rest])).toMatchObject({ memoryBytes: 2 ** 29, vcpus: undefined });
  const told = { ...opened, guest: { ...opened.guest, vcpus: 4 } };
  expect(experienceOf([told, ...rest])).toMatchObject({ memoryBytes: 2 ** 29, vcpus: 4 });
});

test('passes under several caps teach nothing of the link', () => {
  const [opened, ...rest] = migration();
  if (opened?.type !== 'opened') throw new Error('a journal begins with `opened`');
  const limits = { ...opened.limits, bandwidthBytesPerSecond: 20 * MB };
  const changed: JournalEntry = { ...STAMP, atMs: 100, type: 'limits', limits, reason: null };
  expect(experienceOf([opened, ...rest])?.passTransfers).toHaveLength(1);
  expect(experienceOf([opened, changed, ...rest])).toMatchObject({
    passTransfers: [],
    switchover: undefined,
    switchoverTransfer: undefined,
    passes: [{ durationMs: 100 }],
  });
});
