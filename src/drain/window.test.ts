import { describe, expect, test } from 'vitest';
import { openingAt, openingsSince } from './opening.ts';
import { parseWindow } from './window.ts';

const at = (text: string) => new Date(text).getTime();
/** Local times, as a person reads them. */
const shown = (ms: number | undefined) => {
  if (ms === undefined) return undefined;
  const date = new Date(ms);
  const two = (number: number) => `${number}`.padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
};
const opening = (now: string, ...windows: string[]) => {
  const found = openingAt(windows.map(parseWindow), at(now));
  return found && [shown(found.opensMs), shown(found.closesMs)];
};

describe('a window', () => {
  test.each([
    // 2026-11-30 is a Monday.
    ['2026-11-30T12:00', ['22:00-04:00'], ['2026-11-30T22:00', '2026-12-01T04:00']],
    ['2026-11-30T23:00', ['22:00-04:00'], ['2026-11-30T22:00', '2026-12-01T04:00']],
    ['2026-12-01T03:59', ['22:00-04:00'], ['2026-11-30T22:00', '2026-12-01T04:00']],
    ['2026-12-01T04:00', ['22:00-04:00'], ['2026-12-01T22:00', '2026-12-02T04:00']],
    ['2026-11-30T12:00', ['sat,sun 08:00-18:00'], ['2026-12-05T08:00', '2026-12-05T18:00']],
    ['2026-12-06T17:00', ['sat,sun 08:00-18:00'], ['2026-12-06T08:00', '2026-12-06T18:00']],
    ['2026-11-30T12:00', ['fri-mon 00:00-24:00'], ['2026-11-30T00:00', '2026-12-01T00:00']],
    [
      '2026-11-30T12:00',
      ['FREQ=MONTHLY;BYDAY=1SU;BYHOUR=2 for 4h'],
      ['2026-12-06T02:00', '2026-12-06T06:00'],
    ],
    ['2026-11-30T12:00', ['rrule:freq=weekly;byday=tu for 90min'], ['2026-12-01T00:00', '2026-12-01T01:30']],
    // Of several the one that lasts, or the nearest; those that meet are one.
    ['2026-11-30T12:00', ['22:00-04:00', '13:00-14:00'], ['2026-11-30T13:00', '2026-11-30T14:00']],
    [
      '2026-11-30T12:00',
      ['11:00-13:00', '13:00-15:00', '14:00-15:30'],
      ['2026-11-30T11:00', '2026-11-30T15:30'],
    ],
    [
      '2026-11-30T12:00',
      ['FREQ=WEEKLY;INTERVAL=2;BYDAY=TU for 1h'],
      ['2026-12-01T00:00', '2026-12-01T01:00'],
    ],
    [
      '2026-11-30T12:00',
      ['FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=1 for 1h'],
      ['2027-07-01T00:00', '2027-07-01T01:00'],
    ],
    // One has just closed, and the next is weeks away.
    [
      '2026-12-06T06:00',
      ['FREQ=MONTHLY;BYDAY=1SU;BYHOUR=2 for 4h'],
      ['2027-01-03T02:00', '2027-01-03T06:00'],
    ],
    ['2026-11-30T12:00', ['FREQ=DAILY;UNTIL=20260101T000000Z for 1h'], undefined],
  ])('at %s of %j', (now, windows, expected) => {
    expect(opening(now, ...windows)).toEqual(expected);
  });

  test.each([
    ['', /^"" is no window: write it like 22:00-04:00, sat,sun 08:00-18:00 or FREQ=/],
    ['22:00', /is no window/],
    ['25:00-26:00', /is no window/],
    ['someday 22:00-23:00', /days are mon, tue, wed, thu, fri, sat, sun/],
    ['mon-tue-wed 22:00-23:00', /days are/],
    ['FREQ=HOURLY for 1h', /FREQ is DAILY, WEEKLY, MONTHLY or YEARLY/],
    ['FREQ=WEEKLY;BYDAY=XX for 1h', /BYDAY cannot be XX/],
    ['FREQ=WEEKLY;BYDAY= for 1h', /BYDAY cannot be empty/],
    ['FREQ=DAILY;BYHOUR=24 for 1h', /BYHOUR cannot be 24/],
    ['FREQ=DAILY;FREQ=DAILY for 1h', /says something twice/],
    ['FREQ=DAILY;; for 1h', /a? ?part without a name/],
    ['FREQ=DAILY;__PROTO__=1 for 1h', /has no __PROTO__/],
    ['FREQ=WEEKLY;NONSENSE=1 for 1h', /it has no NONSENSE/],
    ['FREQ=DAILY for 1s', /lasts 1.* s: a window lasts a minute to a week$/],
    ['FREQ=DAILY for 30d', /is not a duration|a window lasts/],
  ])('%j is refused in one sentence', (text, words) => {
    expect(() => parseWindow(text)).toThrow(words);
  });
});

describe('openings one after the other', () => {
  const MINUTE_MS = 60e3;
  const nowMs = at('2026-11-30T12:00');
  const since = (windows: readonly string[], first?: { opensMs: number; closesMs: number }) =>
    openingsSince(windows.map(parseWindow), nowMs, first);
  const startOf = (openings: ReturnType<typeof since>, minutes: number) => {
    const opening = openings.at(minutes * MINUTE_MS);
    return opening && shown(nowMs + opening.opensMs);
  };

  test('are counted from now, each as it is asked for, in whichever order', () => {
    const openings = since(['22:00-23:00', '13:00-13:30']);
    expect(startOf(openings, 24 * 60)).toBe('2026-12-01T13:00');
    expect(startOf(openings, 0)).toBe('2026-11-30T13:00');
    expect(startOf(openings, 89)).toBe('2026-11-30T13:00');
    expect(startOf(openings, 90)).toBe('2026-11-30T22:00');
    expect(openings.at(0)).toEqual({ opensMs: 60 * MINUTE_MS, closesMs: 90 * MINUTE_MS });
  });

  test('begin with the one that is written down, unless it is over', () => {
    const written = { opensMs: nowMs - 10 * MINUTE_MS, closesMs: nowMs + 20 * MINUTE_MS };
    expect(since(['13:00-13:30'], written).at(0)?.closesMs).toBe(20 * MINUTE_MS);
    expect(startOf(since(['13:00-13:30'], written), 20)).toBe('2026-11-30T13:00');
    expect(startOf(since(['13:00-13:30'], { ...written, closesMs: nowMs }), 0)).toBe('2026-11-30T13:00');
    expect(startOf(since([], written), 20)).toBeUndefined();
  });

  test('come to an end where their rule does', () => {
    const openings = since(['FREQ=DAILY;UNTIL=20261201T130000Z;BYHOUR=13 for 1h']);
    expect(startOf(openings, 121)).toBe('2026-12-01T13:00');
    expect(startOf(openings, 26 * 60)).toBeUndefined();
  });
});
