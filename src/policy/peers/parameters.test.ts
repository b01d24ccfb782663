import { expect, test } from 'vitest';
import { UnitError } from '../../model/units.ts';
import {
  choice,
  count,
  downtime,
  duration,
  durationOrOff,
  factor,
  factorFrom,
  wholePercent,
  yesNo,
} from './parameters.ts';

test('a downtime is what QEMU takes', () => {
  const parameter = downtime('downtime', '300ms');
  expect(parameter.parse('2000s')).toBe(2_000_000);
  expect(parameter.parse('1ms')).toBe(1);
  for (const text of ['0ms', '2001s', '300', '-1s', ''])
    expect(() => parameter.parse(text)).toThrow(UnitError);
});

test('a duration is finite and at least what the source takes', () => {
  expect(duration('timeout', '0s').parse('0s')).toBe(0);
  expect(() => duration('delay', '75s', 3000).parse('2s')).toThrow(/within 3000 ms/);
  expect(() => duration('timeout', '0s').parse(`${'9'.repeat(400)}s`)).toThrow(UnitError);
});

test('counts, factors and choices', () => {
  expect(count('steps', 10, 3).parse('3')).toBe(3);
  for (const text of ['2', '3.5', '', 'x', 'Infinity'])
    expect(() => count('steps', 10, 3).parse(text)).toThrow(UnitError);
  expect(factor('alpha', 0.4, 1).parse('0.25')).toBe(0.25);
  for (const text of ['0', '1.1', '', 'NaN'])
    expect(() => factor('alpha', 0.4, 1).parse(text)).toThrow(UnitError);
  expect(yesNo('vfio', 'no').parse('yes')).toBe(true);
  expect(() => yesNo('vfio', 'no').parse('true')).toThrow(/not one of yes, no/);
  expect(choice('strategy', ['cancel', 'ignore'], 'cancel').parse(' ignore')).toBe('ignore');
});

test('what the sources bound otherwise: 0 for off, a least factor, whole per cents', () => {
  expect(durationOrOff('interval', '10s', 1000).parse('0ms')).toBe(0);
  expect(() => durationOrOff('interval', '10s', 1000).parse('999ms')).toThrow(UnitError);
  expect(factorFrom(0, 'decay', 0.5, 1).parse('0')).toBe(0);
  for (const text of ['-0.1', '1.1', '', 'NaN'])
    expect(() => factorFrom(0, 'decay', 0.5, 1).parse(text)).toThrow(UnitError);
  // 100 x 0.07 and 100 x 0.29 are no whole numbers in binary.
  for (const percent of [0, 4, 7, 29, 57, 100])
    expect(wholePercent('margin', '4%').parse(`${percent}%`)).toBe(percent / 100);
  expect(() => wholePercent('margin', '4%').parse('0.5%')).toThrow(UnitError);
});
