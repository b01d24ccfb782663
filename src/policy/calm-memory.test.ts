import { expect, test } from 'vitest';
import { DirtyCurve } from '../model/dirty-curve.ts';
import { CalmMemory } from './calm-memory.ts';

const MB = 1e6;
const EXPECTED = {
  ...{ curve: DirtyCurve.unobserved(1000 * MB), fixedCostMs: 0, unsentBytes: 0, writtenBytes: 0 },
  ...{ bytesPerSecond: 100 * MB, lineBytesPerSecond: 100 * MB },
};

function calmAfter(restsMB: readonly number[], exchangeRate: number) {
  const calms = new CalmMemory();
  for (const rest of restsMB) calms.add(rest * MB);
  const worth = { exchangeRate, freePauseMs: 0, maxPauseMs: 60_000 };
  return calms.worthWaitingFor((restsMB.at(-1) ?? 0) * MB, EXPECTED, worth);
}

test('a calm that came every other time is worth two passes, if its pause is so much shorter', () => {
  // 400 MB now: two passes of 4 s for 3 s less of pause, 8 = 3 + 3X.
  expect(calmAfter([100, 400], 1.6)).toBeUndefined();
  expect(calmAfter([100, 400], 1.8)).toEqual({ waitMs: 8000, pauseMs: 1000 });
});

test('the rarer the calm, the longer the wait', () => {
  expect(calmAfter([100, 400, 400, 400], 5)).toEqual({ waitMs: 16_000, pauseMs: 1000 });
  expect(calmAfter([100, 400, 400, 400], 4)).toBeUndefined();
});

test('a lesser calm that comes oftener may be the better one', () => {
  expect(calmAfter([10, 100, 100, 100, 400], 5)?.pauseMs).toBe(1000);
});

test('there is no calm to wait for at the calmest so far', () => {
  expect(calmAfter([400, 300, 200], 100)).toBeUndefined();
  expect(calmAfter([400], 100)).toBeUndefined();
});
