import { expect, test } from 'vitest';
import { acts, begin, boundary } from './testing/trace.ts';
import { xen } from './xen.ts';

const at = (pass: number, dirtyPages: number) =>
  boundary(pass * 1000, { pass, remainingBytes: dirtyPages * 4096 });

test('sends five iterations and stops where the sixth would begin', () =>
  expect(
    acts(
      begin(xen),
      [1, 2, 3, 4, 5, 6].map((pass) => at(pass, 30_000)),
    ),
  ).toEqual([[6000, 'switchover']]));

test('stops earlier under 50 dirty pages', () => {
  expect(acts(begin(xen), [at(2, 50), at(3, 49)])).toEqual([[3000, 'switchover']]);
});

test('takes any pause, at every further boundary', () => {
  const policy = begin(xen);
  expect(policy.observe(at(6, 1e6))).toMatchObject({ action: 'switchover', acceptedPauseMs: 2_000_000 });
  expect(policy.observe(at(7, 1e6)).action).toBe('switchover');
});
