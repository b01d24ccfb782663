import { expect, test } from 'vitest';
import { whatIsWrong } from './arrival.ts';

const BEFORE = { workload: 'loop', writes: 1000, generationMin: 3, generationMax: 4, uptimeMs: 5000 };
const AFTER = {
  checked: 256,
  of: 'pages' as const,
  bad: 0,
  writes: 1500,
  generationMin: 5,
  generationMax: 6,
  ledgerOk: true,
  uptimeMs: 9000,
};

test('a guest that goes on from where it was is sound', () => {
  expect(whatIsWrong(BEFORE, AFTER)).toBeUndefined();
  expect(whatIsWrong(BEFORE, { ...AFTER, ...BEFORE })).toBeUndefined();
});

test.each([
  [{ checked: 0 }, 'no pages'],
  [{ bad: 1 }, '1 of 256 pages'],
  [{ bad: 1, of: 'records' as const }, '1 of 256 records'],
  [{ ledgerOk: false }, 'has lost writes'],
  [{ uptimeMs: 1000 }, 'booted anew'],
  [{ writes: 999 }, 'went back from 1000 writes'],
  [{ generationMin: 2 }, 'generations went back'],
  [{ generationMax: 3 }, 'generations went back'],
])('%o is not sound', (difference, why) => {
  expect(whatIsWrong(BEFORE, { ...AFTER, ...difference })).toContain(why);
});
