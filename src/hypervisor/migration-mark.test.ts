import { expect, test } from 'vitest';
import { isSameMark, migrationMark } from './migration-mark.ts';

test('a migration is known again by when it began, however late one asks', () => {
  expect(isSameMark(migrationMark(10_000), migrationMark(10_500))).toBe(true);
  expect(isSameMark(migrationMark(10_000), migrationMark(60_000))).toBe(false);
});

test('after another boot, or from a damaged journal, it is another one', () => {
  const mark = migrationMark(0);
  expect(isSameMark(mark, `0000-1111${mark.slice(mark.indexOf('@'))}`)).toBe(false);
  expect(isSameMark(mark, 'nonsense')).toBe(false);
  expect(isSameMark('nonsense', 'nonsense')).toBe(false);
});
