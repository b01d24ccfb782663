import { expect, test } from 'vitest';
import { limitOf, roomyLimitMs } from './roomy-limit.ts';

test.each([
  [100, 150],
  [790, 1000],
  [2300, 3000],
])('what needed %d ms gets a limit of %d ms', (needed, limit) => {
  expect(roomyLimitMs(needed)).toBe(limit);
});

test('a limit that is one already stays', () => {
  expect(limitOf(450)).toBe(450);
  expect(limitOf(2500)).toBe(2500);
  expect(limitOf(2501)).toBe(3000);
});
