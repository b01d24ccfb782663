import { expect, test } from 'vitest';
import { AUTO_CONVERGE_DEFAULTS, AutoConverge } from './auto-converge.ts';

/** Syncs every `everyMs`, with so many of 100 bytes sent dirtied again. @returns the throttle after each */
function ramp(auto: AutoConverge, syncs: number, { everyMs = 2000, dirtied = 90 } = {}): number[] {
  auto.sync(0, 0, 0);
  return Array.from({ length: syncs }, (_, k) => {
    auto.sync((k + 1) * everyMs, (k + 1) * 100, dirtied);
    return auto.percent;
  });
}

test('each step takes two syncs: 20, 30, … 90, 99', () => {
  expect(ramp(new AutoConverge(AUTO_CONVERGE_DEFAULTS), 20)).toEqual([
    0, 20, 20, 30, 30, 40, 40, 50, 50, 60, 60, 70, 70, 80, 80, 90, 90, 99, 99, 99,
  ]);
});

test('it begins where it is told to', () => {
  expect(ramp(new AutoConverge({ ...AUTO_CONVERGE_DEFAULTS, initialPercent: 99 }), 3)).toEqual([0, 99, 99]);
});

test('a guest that dirties no more than half of what is sent is left alone', () => {
  expect(ramp(new AutoConverge(AUTO_CONVERGE_DEFAULTS), 9, { dirtied: 50 }).at(-1)).toBe(0);
  expect(ramp(new AutoConverge(AUTO_CONVERGE_DEFAULTS), 9, { dirtied: 51 }).at(-1)).toBe(50);
});

test('a sync within a second of the last that counted adds to the next one', () => {
  // Every 600 ms: one in two counts, with 200 bytes sent and 180 dirtied.
  expect(ramp(new AutoConverge(AUTO_CONVERGE_DEFAULTS), 8, { everyMs: 600 })).toEqual([
    0, 0, 0, 20, 20, 20, 20, 30,
  ]);
});
