import { expect, test } from 'vitest';
import { perWireByte } from './wire-price.ts';

const MB = 1e6;

test('what a byte on the wire carries is told once it is more than headers, and more than what is on its way', () => {
  expect(perWireByte(480 * MB, 120 * MB)).toBe(4);
  expect(perWireByte(100 * MB, 100.2 * MB)).toBe(1);
  expect(perWireByte(102 * MB, 100 * MB)).toBe(1);
  // Handed to the connections, and not sent yet.
  expect(perWireByte(1 * MB, 0.1 * MB)).toBe(1);
  expect(perWireByte(0, 0)).toBe(1);
});
