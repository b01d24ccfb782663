import { expect, test } from 'vitest';
import { AutoConverge, autoConvergeOf } from '../simulated/auto-converge.ts';
import {
  areOfABrake,
  BRAKE_HELD_READY,
  BrakeLever,
  QEMU_THROTTLE_DEFAULTS,
  type ThrottleParameters,
} from './brake-lever.ts';

/**
 * Against QEMU's rule: syncs every `everyMs` of a guest that dirties this share of what is sent; the lever is
 * pulled to 99 % right after the sync of that pass. @returns the throttle after each sync
 */
function drive({
  pullAt = Number.POSITIVE_INFINITY,
  share = 0.99,
  everyMs = 2000,
  syncs = 8,
  lever = BrakeLever.atStart(),
}) {
  const qemu = new AutoConverge(autoConvergeOf(BRAKE_HELD_READY));
  const set = (parameters: ThrottleParameters | undefined) => {
    if (parameters) qemu.parameters = autoConvergeOf(parameters);
  };
  return Array.from({ length: syncs }, (_, k) => {
    qemu.sync(k * everyMs, k * 100, k === 0 ? 0 : share * 100);
    set(lever.sync(k * everyMs));
    set(lever.throttled(qemu.percent));
    if (k + 1 === pullAt) set(lever.pull(99));
    return qemu.percent;
  });
}

test('pulled at pass 2 or later it bites at the very next pass', () => {
  expect(drive({ pullAt: 2 })).toEqual([0, 0, 99, 99, 99, 99, 99, 99]);
  expect(drive({ pullAt: 3 })).toEqual([0, 0, 0, 99, 99, 99, 99, 99]);
  expect(drive({ pullAt: 6 })).toEqual([0, 0, 0, 0, 0, 0, 99, 99]);
});

test('pulled in the first pass it bites at pass 3: QEMU counts two', () =>
  expect(drive({ pullAt: 1 })).toEqual([0, 0, 99, 99, 99, 99, 99, 99]));

test('a guest in balance with the link is never throttled while it is not pulled', () =>
  expect(drive({ syncs: 200 }).at(-1)).toBe(0));

test('one that dirties more than is sent is throttled to 1 % at most, and a brake still bites within two passes', () => {
  expect(Math.max(...drive({ share: 3, syncs: 100 }))).toBe(1);
  for (const pullAt of [2, 3, 4, 5, 6]) {
    const throttle = drive({ share: 3, pullAt, syncs: 12 });
    expect(throttle.indexOf(99)).toBeLessThanOrEqual(pullAt + 1);
    expect(throttle.indexOf(99)).toBeGreaterThan(0);
  }
});

test('syncs within a second do not count, neither here nor there', () =>
  // At 600 ms every second one does: syncs 3, 5, 7.
  expect(drive({ everyMs: 600, pullAt: 4 })).toEqual([0, 0, 0, 0, 99, 99, 99, 99]));

test('what a brake left behind is told from what people set', () => {
  for (const parameters of [BRAKE_HELD_READY, BrakeLever.atStart().pull(99), BrakeLever.atStart().pull(40)])
    expect(areOfABrake(parameters)).toBe(true);
  expect(areOfABrake(QEMU_THROTTLE_DEFAULTS)).toBe(false);
  expect(areOfABrake({})).toBe(false);
});

test('of a migration that somebody else began nothing is known: it is only pulled', () => {
  const lever = BrakeLever.underWay();
  expect([0, 2000, 4000].map((atMs) => lever.sync(atMs))).toEqual([undefined, undefined, undefined]);
  expect(lever.throttled(20)).toBeUndefined();
  expect(lever.pull(95)).toMatchObject({
    'cpu-throttle-initial': 95,
    'max-cpu-throttle': 95,
    'throttle-trigger-threshold': 1,
  });
});
