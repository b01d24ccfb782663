import { expect, test } from 'vitest';
import type { JournalEntry } from './journal-entry.ts';
import { lineOf } from './line-of.ts';
import { parseEntry } from './parse-entry.ts';
import { EVERY_HAPPENING } from './testing/happenings.ts';

const stamp = { schema: 2, seq: 7, time: '2026-11-22T19:57:48.123Z', atMs: 1.5 };
const beforeWith = (value: unknown): JournalEntry => ({
  ...stamp,
  type: 'before',
  side: 'source',
  settings: { parameters: { value }, capabilities: {} },
});

test.each(EVERY_HAPPENING)('$type is one line that is read back', (happening) => {
  const line = lineOf({ ...stamp, ...happening });
  expect(line).not.toContain('\n');
  expect(parseEntry(line, '').entry).toEqual({ ...stamp, ...happening });
});

test('a number that is too large for JSON is kept as text', () => {
  expect(parseEntry(lineOf(beforeWith(2n ** 63n)), '').entry).toMatchObject({
    settings: { parameters: { value: '9223372036854775808' } },
  });
});

test('what JSON cannot hold at all costs itself only, and is told', () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  expect(parseEntry(lineOf(beforeWith(circle)), '').entry).toMatchObject({
    seq: 7,
    type: 'warning',
    message: expect.stringMatching(/^an entry of the kind "before" could not be written: /),
  });
});
