import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { AwakeTime, afterAwake } from './awake.ts';
import { REAL_CLOCK } from './clock.ts';
import { KillableController } from './testing/killable-controller.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

test('a time in which nothing ran counts as one beat', () => {
  let nowMs = 5000;
  const awake = new AwakeTime(() => nowMs);
  nowMs += 900;
  expect(awake.read()).toBe(900);
  nowMs += 60_000;
  expect(awake.read()).toBe(1150);
  nowMs += 100;
  expect(awake.read()).toBe(1250);
});

test('a process whose thread was held up was not awake, one that waits is', async () => {
  const fromMs = REAL_CLOCK.awakeMs();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  expect(REAL_CLOCK.awakeMs() - fromMs).toBeLessThan(1000);
  const againMs = REAL_CLOCK.awakeMs();
  await sleep(1500);
  expect(REAL_CLOCK.awakeMs() - againMs).toBeGreaterThan(1000);
});

test('a rest that rounding leaves is waited for all the same', async () => {
  const clock = new VirtualClock(1e6);
  vi.spyOn(clock, 'awakeMs').mockImplementation(() => Math.max(0, clock.now() - 1e6 - 2 ** -40));
  const due = vi.fn();
  afterAwake(clock, 1000, due);
  await clock.pass(1002);
  expect(due).toHaveBeenCalledOnce();
});

test('what is due after some time awake waits on where the process was frozen', async () => {
  const base = new VirtualClock();
  const open = async () => await Promise.reject(new Error('there is no socket'));
  const controller = new KillableController({ clock: base, open });
  const due = vi.fn();
  afterAwake(controller.clock, 1000, due);
  const cancelled = vi.fn();
  afterAwake(controller.clock, 1000, cancelled)();
  await base.pass(400);
  controller.freeze();
  await base.pass(20_000);
  controller.thaw();
  await base.pass(590);
  expect(due).not.toHaveBeenCalled();
  await base.pass(20);
  expect(due).toHaveBeenCalledOnce();
  await base.pass(5000);
  expect(due).toHaveBeenCalledOnce();
  expect(cancelled).not.toHaveBeenCalled();
});
