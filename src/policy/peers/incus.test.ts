import { expect, test } from 'vitest';
import { incus } from './incus.ts';
import { acts, begin, ticks } from './testing/trace.ts';

test('never acts: it slows the guest down from the start, and waits', () => {
  expect(acts(begin(incus), ticks(0, 7_200_000))).toEqual([]);
  expect(incus.build({}).startsWith?.autoConverge).toMatchObject({
    initialPercent: 50,
    triggerThresholdPercent: 20,
  });
});
