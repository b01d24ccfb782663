import { describe, expect, test } from 'vitest';
import { parseDuration, parseRate, spellDuration } from './parse.ts';

describe('what a person types', () => {
  test.each([
    ['300ms', 300],
    [' 2.5 s ', 2500],
    ['10m', 600_000],
    ['1H', 3_600_000],
  ])('%s is a duration', (text, value) => expect(parseDuration(text)).toEqual({ value }));

  test.each(['', '5', '0s', '-1s', '5 parsecs', 'constructor', '1s2'])('%j is none', (text) =>
    expect(parseDuration(text)).toEqual({
      problem: `“${text}” is not a duration: write a number with its unit, like 300ms, 5s or 10m`,
    }),
  );

  test.each([
    ['480mbit', 60_000_000],
    ['10 Gbit/s', 1_250_000_000],
    ['60MB/s', 60_000_000],
    ['64MiB', 67_108_864],
  ])('%s is a rate', (text, value) => expect(parseRate(text)).toEqual({ value }));

  // QEMU takes 0 for no limit at all.
  test.each(['0mbit', 'fast', '10'])('%j is none', (text) =>
    expect(parseRate(text)).toHaveProperty('problem'),
  );

  test('a duration is spelt as it is taken', () => {
    for (const ms of [1, 350, 999, 1000, 2500, 90_000])
      expect(parseDuration(spellDuration(ms))).toEqual({ value: ms });
  });
});
