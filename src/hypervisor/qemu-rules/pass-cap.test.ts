import { expect, test } from 'vitest';
import type { PauseRequest } from '../hypervisor.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { PassCap } from './pass-cap.ts';

const REQUEST: PauseRequest = { pauseMs: 1000, fixedCostMs: 50, lineRateBytesPerSecond: 100e6 };
const named = (bytesPerSecond: number | undefined) => bytesPerSecond ?? 'none';

/** What the hypervisor is told, in order, with its instant. */
function bed(bytesPerSecond: number | undefined, connections?: number) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const fails = { cap: false };
  const cap = new PassCap({
    clock,
    bytesPerSecond,
    connections,
    set: async (to) => {
      if (fails.cap) throw new Error('not now');
      told.push(`${clock.now()} cap ${named(to)}`);
      return { did: `cap ${named(to)}`, set: { cap: to } };
    },
    setLimit: async ({ pauseMs }, fastest) => {
      told.push(`${clock.now()} limit ${pauseMs} by ${named(fastest)}`);
      return { did: `limit ${pauseMs}`, set: { downtimeLimitMs: pauseMs } };
    },
  });
  return { clock, cap, told, fails };
}

test('that is raised has the limit made shorter first', async () => {
  const { cap, told } = bed(10e6);
  await cap.allow(REQUEST);
  const effect = await cap.change(50e6);
  expect(told).toEqual(['0 limit 1000 by 10000000', '0 limit 1000 by 50000000', '0 cap 50000000']);
  expect(effect).toEqual({
    did: 'limit 1000, then cap 50000000',
    set: { downtimeLimitMs: 1000, cap: 50e6 },
  });
  expect(cap.bytesPerSecond).toBe(50e6);
});

test('that is lowered has the limit made longer once passes are known to be slower', async () => {
  const { clock, cap, told } = bed(undefined);
  await cap.allow(REQUEST);
  const done = cap.change(10e6);
  await clock.pass(100);
  // Decided meanwhile: by what QEMU may still measure.
  await cap.allow({ ...REQUEST, pauseMs: 2000 });
  await clock.until(done);
  expect(told).toEqual([
    '0 limit 1000 by none',
    '0 cap 10000000',
    '100 limit 2000 by none',
    '250 limit 2000 by 10000000',
  ]);
});

test('that is taken away, and of several changes the last one, holds', async () => {
  const { clock, cap, told } = bed(20e6);
  await cap.allow(REQUEST);
  const lowered = cap.change(10e6);
  await clock.pass(100);
  await cap.change(undefined);
  await clock.until(lowered);
  await cap.allow(REQUEST);
  expect(told).toEqual([
    '0 limit 1000 by 20000000',
    '0 cap 10000000',
    '100 limit 1000 by none',
    '100 cap none',
    '250 limit 1000 by none',
  ]);
  expect(cap.bytesPerSecond).toBeUndefined();
});

test('that the hypervisor does not take leaves the limit that is short enough for both', async () => {
  const { cap, told, fails } = bed(10e6);
  await cap.allow(REQUEST);
  fails.cap = true;
  await expect(cap.change(50e6)).rejects.toThrow('not now');
  expect(cap.bytesPerSecond).toBe(10e6);
  await cap.allow(REQUEST);
  expect(told.at(-1)).toBe('0 limit 1000 by 50000000');
});

test('makes no limit longer once no pause is allowed any more', async () => {
  const { clock, cap, told } = bed(undefined);
  await cap.allow(REQUEST);
  const done = cap.change(10e6);
  cap.forbid();
  await clock.until(done);
  expect(told).toEqual(['0 limit 1000 by none', '0 cap 10000000']);
});

test('reckons with what several connections overshoot', async () => {
  const { cap, told } = bed(20e6, 2);
  await cap.allow(REQUEST);
  expect(told).toEqual([`0 limit 1000 by ${20e6 + 2 * 512 * 1024 * 10}`]);
});
