import { expect, test } from 'vitest';
import { hyperV } from './hyper-v.ts';
import { acts, begin, boundary } from './testing/trace.ts';

const at = (pass: number, remainingBytes = 1e9) => boundary(pass * 1000, { pass, remainingBytes });

test('stops after ten passes, where the eleventh would begin', () =>
  expect(
    acts(
      begin(hyperV),
      Array.from({ length: 11 }, (_, index) => at(index + 1)),
    ),
  ).toEqual([[11_000, 'switchover']]));

test('or when nothing is left', () =>
  expect(acts(begin(hyperV), [at(2, 1), at(3, 0)])).toEqual([[3000, 'switchover']]));
