import { expect, test } from 'vitest';
import {
  formatBytes,
  formatDuration,
  formatElapsed,
  formatOffset,
  formatRate,
  formatTotal,
  formatWhen,
} from './format.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [999_600, '1.00 MB'],
  [1_480_000_000, '1.48 GB'],
  [133_000_000, '133 MB'],
  [48 * 2 ** 30, '51.5 GB'],
  [2.5e15, '2500 TB'],
  [null, '–'],
])('%s bytes are %s', (bytes, words) => expect(formatBytes(bytes)).toBe(words));

test('a number that changes keeps its places', () =>
  expect([2_000_000, 2_010_000, 2_100_000].map(formatRate)).toEqual(['2.00 MB/s', '2.01 MB/s', '2.10 MB/s']));

test.each([
  [45.4, '45 ms'],
  [999.6, '1.00 s'],
  [2410, '2.41 s'],
  [59_999, '1 min 0 s'],
  [65_000, '1 min 5 s'],
  [3 * 3600e3 + 20 * 60e3, '3 h 20 min'],
  [50 * 3600e3, '2 d 2 h'],
  [null, '–'],
])('%s ms are %s', (ms, words) => expect(formatDuration(ms)).toBe(words));

test('a clock that runs shows whole seconds and never less than none', () =>
  expect([-300, 999, 59_400, 60_000].map(formatElapsed)).toEqual(['0 s', '0 s', '59 s', '1 min 0 s']));

test('labels of a time axis', () =>
  expect([0, 65_000, 3_725_000].map(formatOffset)).toEqual(['0:00', '1:05', '1:02:05']));

test('a time says its day unless it is today', () => {
  const now = new Date(2026, 10, 29, 14, 0, 0);
  expect(formatWhen(new Date(2026, 10, 29, 9, 3, 12), now)).toBe('09:03:12');
  expect(formatWhen(new Date(2026, 10, 28, 9, 3, 12), now)).toBe('28 Nov 09:03');
  expect(formatWhen(new Date(2025, 0, 2, 9, 3, 12), now)).toBe('2 Jan 2025 09:03');
});

test('a forecast total is rounded, where a clock has not got there yet', () => {
  expect([formatTotal(29_600), formatElapsed(29_600)]).toEqual(['30 s', '29 s']);
  expect(formatTotal(66_600)).toBe('1 min 7 s');
});
