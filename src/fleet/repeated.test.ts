import { expect, test } from 'vitest';
import { VirtualClock } from '../hypervisor/testing/virtual-clock.ts';
import { Repeated } from './repeated.ts';

/** @returns when it was done, where each time takes 10 ms */
function bed(pace: { readonly everyMs: number; readonly restMs?: number }) {
  const clock = new VirtualClock();
  const doneMs: number[] = [];
  const doing = async () => {
    doneMs.push(clock.now());
    await clock.sleep(10);
  };
  const repeated = new Repeated(clock, pace, doing, () => {});
  return { clock, doneMs, repeated };
}

test('is done at once when it is asked for, and then each time that its pause is over', async () => {
  const { clock, doneMs, repeated } = bed({ everyMs: 1000 });
  repeated.now();
  await clock.pass(2500);
  expect(doneMs).toEqual([0, 1010, 2020]);
  repeated.now();
  await clock.pass(500);
  expect(doneMs.slice(3)).toEqual([2500]);
  await repeated.stop();
  await clock.pass(5000);
  expect(doneMs).toHaveLength(4);
});

test('what is asked for while it runs, or rests, is done once for all', async () => {
  const { clock, doneMs, repeated } = bed({ everyMs: 1000, restMs: 50 });
  repeated.now();
  for (let ms = 0; ms < 60; ms += 5) {
    repeated.now();
    await clock.pass(5);
  }
  expect(doneMs).toEqual([0, 60]);
  await clock.pass(940);
  expect(doneMs).toEqual([0, 60]);
  await clock.pass(100);
  expect(doneMs).toEqual([0, 60, 1070]);
  await repeated.stop();
});

test('one that fails is told once, and is done again', async () => {
  const clock = new VirtualClock();
  const told: unknown[] = [];
  const failing = async () => {
    throw new Error('no');
  };
  const repeated = new Repeated(clock, { everyMs: 100 }, failing, (error) => told.push(error));
  repeated.now();
  await clock.pass(1000);
  expect(told).toEqual([new Error('no')]);
  await repeated.stop();
});
