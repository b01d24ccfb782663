import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatDuration,
  formatRate,
  parseBytes,
  parseDurationMs,
  parsePercent,
  parseRate,
  spellDuration,
  spellRate,
  UnitError,
} from './units.ts';

describe('sizes', () => {
  test.each([
    ['512M', 512 * 2 ** 20],
    ['512MiB', 512 * 2 ** 20],
    ['64MB', 64e6],
    ['1.5G', 1.5 * 2 ** 30],
    ['17b', 17],
  ])('%s', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  test.each(['', '512', 'M', '-1M', '5 parsecs', '1e9B', '0x10M', '5 constructor', '1M1M'])(
    '%j is refused',
    (text) => expect(() => parseBytes(text)).toThrow(UnitError),
  );
});

describe('durations', () => {
  test.each([
    ['300ms', 300],
    ['5s', 5000],
    ['0.25 s', 250],
    ['10m', 600_000],
    ['2h', 7_200_000],
  ])('%s', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  test.each(['300', '5 seconds', '-1s', 's', 'Infinitys', 'NaNms'])('%j is refused', (text) =>
    expect(() => parseDurationMs(text)).toThrow(/is not a duration/),
  );
});

describe('rates', () => {
  test.each([
    ['480mbit', 60e6],
    ['480Mbit/s', 60e6],
    ['10gbit', 1.25e9],
    ['60MB/s', 60e6],
    ['64MiB/s', 64 * 2 ** 20],
  ])('%s', (text, rate) => expect(parseRate(text)).toBe(rate));

  test.each(['0mbit', '10', '1Gbps', 'fast', '-5MB/s'])('%j is refused', (text) =>
    expect(() => parseRate(text)).toThrow(UnitError),
  );
});

describe('numbers of hundreds of digits are refused in words (audit 27)', () => {
  const digits = '9'.repeat(400);

  test.each([
    ['a size', () => parseBytes(`${digits}M`)],
    ['a duration', () => parseDurationMs(`${digits}s`)],
    ['a rate', () => parseRate(`${digits}mbit`)],
    ['a rate in bytes', () => parseRate(`${digits}MB/s`)],
  ])('%s', (_, parse) => {
    expect(parse).toThrow(UnitError);
    expect(parse).toThrow(/^"9{20}…" is too large: write what you mean with fewer digits$/);
  });

  test('and a rate that QEMU would take for none', () =>
    expect(() => parseRate(`0.${'0'.repeat(20)}1mbit`)).toThrow(/is not a rate above zero/));

  test('whatever is taken is a finite number', () => {
    const text = fc.tuple(fc.stringMatching(/^[0-9]{1,400}$/), fc.constantFrom('ms', 's', 'm', 'h'));
    fc.assert(
      fc.property(text, ([number, unit]) => {
        try {
          expect(Number.isSafeInteger(Math.ceil(parseDurationMs(number + unit)))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(UnitError);
        }
      }),
    );
  });
});

test.each([
  ['5%', 0.05],
  ['100', 1],
  ['0', 0],
])('percentage %s', (text, fraction) => expect(parsePercent(text)).toBe(fraction));

test.each(['101%', '-1%', 'x', '5%%'])('percentage %j is refused', (text) =>
  expect(() => parsePercent(text)).toThrow(UnitError),
);

test('figures are echoed with three digits and a unit', () => {
  expect(formatBytes(133_400_000)).toBe('133 MB');
  expect(formatBytes(999_999)).toBe('1 MB');
  expect(formatBytes(12)).toBe('12 B');
  expect(formatRate(60e6)).toBe('60 MB/s');
  expect(formatDuration(2412)).toBe('2.41 s');
  expect(formatDuration(999.6)).toBe('1 s');
  expect(formatDuration(65_000)).toBe('1 min 5 s');
  expect(formatDuration(3_660_000)).toBe('1 h 1 min');
});

test('what is echoed of a size reads back within half a per cent', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e14, noNaN: true }), (bytes) => {
      const echoed = formatBytes(bytes);
      expect(Math.abs(parseBytes(echoed) - bytes)).toBeLessThanOrEqual(Math.max(0.5, bytes * 0.006));
    }),
  );
});

test.each([
  [350, '350ms'],
  [2500, '2.5s'],
  [90_000, '90s'],
])('%d ms are spelled %s, and read back', (ms, text) => {
  expect(spellDuration(ms)).toBe(text);
  expect(parseDurationMs(text)).toBe(ms);
});

test.each([
  [60e6, '480mbit'],
  [60.3e6, '490mbit'],
  [156.25e6, '1.3gbit'],
  [1.25e9, '10gbit'],
  [1e5, '0.8mbit'],
])('%d bytes a second are spelled %s, never less', (rate, text) => {
  expect(spellRate(rate)).toBe(text);
  expect(parseRate(text)).toBeGreaterThanOrEqual(rate * 0.999999);
});

// Found by the fuzzer: in bits it was taken for an eighth of what it is in bytes.
test('the largest rate is as large in bits as in bytes', () => {
  expect(parseRate('36000000gbit')).toBe(4.5e15);
  expect(parseRate('4500TB')).toBe(4.5e15);
  expect(() => parseRate('80000000gbit')).toThrow(UnitError);
});
