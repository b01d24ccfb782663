import { describe, expect, test } from 'vitest';
import { parseWindow } from '../../../src/drain/window.ts';
import { parseWindows } from './windows.ts';

function isTakenByService(text: string): boolean {
  try {
    return parseWindow(text).text !== '';
  } catch {
    return false;
  }
}

describe('windows', () => {
  test('are one a line', () =>
    expect(parseWindows(' 22:00-04:00 \n\nsat,sun   08:00-18:00')).toEqual({
      value: ['22:00-04:00', 'sat,sun 08:00-18:00'],
    }));

  test.each(['0:00-24:00', 'Mon-Fri 22:00-04:00', 'sat,mon-tue 9:05-9:06', 'rrule:freq=daily for 90min'])(
    '%s is one, and the service says so too',
    (text) => {
      expect(parseWindows(text)).toEqual({ value: [text] });
      expect(isTakenByService(text)).toBe(true);
    },
  );

  test.each([
    ['tonight', /^“tonight” is no window: write it like 22:00-04:00, sat,sun 08:00-18:00 or FREQ=/],
    ['22:00', /write it like/],
    ['22:00-04:00, 23:00-01:00', /write each on a line of its own$/],
    ['22:60-23:00', /write it like/],
    ['24:01-25:00', /write it like/],
    ['FREQ=DAILY', /write it like/],
    ['someday 22:00-23:00', /days are mon, tue, wed, thu, fri, sat, sun, like sat,sun or mon-fri$/],
    ['mon-tue-wed 22:00-23:00', /days are/],
    ['mon, 22:00-23:00', /days are/],
  ])('%s is none, and the service says so too', (text, words) => {
    expect(parseWindows(`1:00-2:00\n${text}`)).toEqual({ problem: expect.stringMatching(words) });
    expect(isTakenByService(text)).toBe(false);
  });

  test('are not too many', () =>
    expect(parseWindows('1:00-2:00\n'.repeat(21))).toEqual({
      problem: 'At most 20 windows: leave some out.',
    }));
});
