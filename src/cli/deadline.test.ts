import { expect, test } from 'vitest';
import { parseDeadline } from './deadline.ts';

const NOW = new Date(2026, 10, 29, 21, 30);

test('a time of day is the next one, and a date is taken as it is', () => {
  expect(new Date(parseDeadline('22:00', NOW))).toEqual(new Date(2026, 10, 29, 22, 0));
  expect(new Date(parseDeadline('6:15', NOW))).toEqual(new Date(2026, 10, 30, 6, 15));
  expect(new Date(parseDeadline('21:30', NOW))).toEqual(new Date(2026, 10, 30, 21, 30));
  expect(new Date(parseDeadline('2026-12-01T01:00', NOW))).toEqual(new Date(2026, 11, 1, 1, 0));
  expect(parseDeadline('2026-12-01 01:00Z', NOW)).toBe(Date.UTC(2026, 11, 1, 1));
});

test.each(['24:00', 'soon', '2026-13-01T01:00', '2026-11-29T21:30', '22', ''])(
  '%j is refused in a sentence',
  (text) => {
    expect(() => parseDeadline(text, NOW)).toThrow(/^--deadline .*(write a time of day|has passed)/);
  },
);
