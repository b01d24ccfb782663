import { expect, test } from 'vitest';
import { Standstill } from './standstill.ts';

/** Boundaries of 50 ms, each of which leaves so much. */
function after(...restBytes: number[]): boolean {
  const standstill = new Standstill();
  restBytes.forEach((rest, index) => void standstill.see(1000 + 50 * index, rest));
  return standstill.lasts;
}
const times = (count: number, bytes: number) => Array.from({ length: count }, () => bytes);

test('a rest that stays as it is for a second, in short passes, is one', () => {
  expect(after(...times(20, 43e6))).toBe(false);
  expect(after(...times(21, 43e6))).toBe(true);
});

test('less than ever before begins the time anew; a hair less does not', () => {
  expect(after(...times(15, 43e6), ...times(15, 42e6))).toBe(false);
  expect(after(...times(15, 43e6), ...times(15, 42.9e6))).toBe(true);
});

test('long passes have to leave no less as often: a guest with phases may need a few', () => {
  const standstill = new Standstill();
  for (let pass = 1; pass <= 8; pass += 1) standstill.see(10_000 * pass, 500e6);
  expect(standstill.lasts).toBe(false);
  standstill.see(90_000, 500e6);
  expect(standstill.lasts).toBe(true);
});
