import { expect, test } from 'vitest';
import { CELLS, cellsLike, nameOf } from './cell.ts';

test('each side, fault and phase is a cell', () => {
  expect(new Set(CELLS.map(nameOf)).size).toBe(2 * 5 * 6);
});

test.each([
  ['destination/lost/later-pass', 1],
  ['destination/lost', 6],
  ['source', 30],
  ['*/*/cancel', 10],
  ['source/killed, destination/silent/stopped', 7],
])('%s names %i cells', (pattern, count) => {
  expect(cellsLike(pattern)).toHaveLength(count);
});

test.each(['nowhere', 'source.lost', ''])('"%s" names none, and that is said', (pattern) => {
  expect(() => cellsLike(pattern)).toThrow(/no cell is like .* SIDE\/FAULT\/PHASE/);
});
