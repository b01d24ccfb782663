import { expect, test } from 'vitest';
import { TooLateError } from '../hypervisor.ts';
import type { Fault } from '../simulated/protocol/faults.ts';
import { SimulatedPair } from '../simulated/protocol/simulated-pair.ts';
import { CALM_GUEST } from '../simulated/testing/small-guest.ts';
import { monitorOfPair } from '../testing/monitor-of-pair.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { fence } from './fence.ts';
import { type LastingMonitor, UnreachableError } from './lasting-monitor.ts';

async function bed(faults: readonly Fault[] = []) {
  const clock = new VirtualClock();
  const pair = new SimulatedPair({ clock, scenario: CALM_GUEST, faults });
  const monitor = await monitorOfPair(pair, 'destination', clock);
  const fenced = async (sourceCannotRun = true) =>
    await clock.until(fence(monitor, async () => sourceCannotRun));
  const asked = () => pair.heard.map(({ command }) => command);
  return { clock, pair, monitor, fenced, asked };
}

test('a destination that still receives is told to wait, and asked whether that was in time', async () => {
  const { pair, fenced, asked } = await bed();
  expect(await fenced()).toBe('fenced');
  expect(pair.destination.autostart).toBe(false);
  expect(asked()).toEqual(['query-status', 'stop', 'query-status']);
});

test('one that runs the guest is left alone: it is too late', async () => {
  const { pair, fenced, asked } = await bed();
  pair.destination.startGuest('autostart');
  const failure = await fenced().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(TooLateError);
  expect(String(failure)).toContain('has the whole guest already');
  expect(asked()).toEqual(['query-status']);
});

test('one that somebody paused is left alone, and never made to run (audit 5)', async () => {
  const { pair, fenced, asked } = await bed();
  pair.destination.stopGuest('paused');
  await expect(fenced()).rejects.toThrow(/does not wait for memory any more: it is paused/);
  expect(asked()).toEqual(['query-status']);
  expect(pair.truth.ran('destination')).toBe(false);
});

test('one that came to run between the question and the `stop` is let run again', async () => {
  const { pair, fenced } = await bed();
  pair.onCommand = ({ command }) => {
    if (command === 'stop') pair.destination.startGuest('autostart');
  };
  await expect(fenced()).rejects.toThrow(TooLateError);
  expect(pair.truth.runningSides).toContain('destination');
});

test('one that came to have the whole guest just after the `stop` has never run it, and is not let run', async () => {
  const { pair, fenced, asked } = await bed();
  pair.onCommand = ({ command }) => {
    // It loads the last of it between our `stop` and our second question.
    if (command === 'query-status' && !pair.destination.autostart) pair.destination.stopGuest('paused');
  };
  expect(await fenced()).toBe('fenced');
  expect(asked()).toEqual(['query-status', 'stop', 'query-status']);
  expect(pair.truth.ran('destination')).toBe(false);
});

test('where letting it run again fails, that is what is said, and not that it is too late (audit 29)', async () => {
  const { pair, fenced } = await bed([{ on: { command: 'cont', side: 'destination' }, do: 'error' }]);
  pair.onCommand = ({ command }) => {
    if (command === 'stop') pair.destination.startGuest('autostart');
  };
  const failure = await fenced().catch((error: unknown) => error);
  expect(failure).not.toBeInstanceOf(TooLateError);
  expect(String(failure)).toContain('cont');
});

test('one that ran is not let run again beside a source that may run', async () => {
  const { pair, fenced, asked } = await bed();
  pair.onCommand = ({ command }) => {
    if (command === 'stop') pair.destination.startGuest('autostart');
  };
  const failure = await fenced(false).catch((error: unknown) => error);
  expect(failure).not.toBeInstanceOf(TooLateError);
  expect(String(failure)).toContain('was not seen unable');
  expect(asked()).not.toContain('cont');
});

// No real connection changes between two commands that follow at once, so this one is made of paper.
test('a RESUME that another connection may have told is not taken for none', async () => {
  const connection = () => ({ onEvent: () => {} });
  const answers = ['inmigrate', 'stopped', 'paused'];
  const monitor = {
    state: { kind: 'connected' },
    client: connection(),
    execute: async (command: string) => {
      if (command === 'stop') monitor.client = connection();
      return { status: answers.shift() };
    },
  };
  await expect(fence(monitor as unknown as LastingMonitor, async () => true)).rejects.toThrow(
    /may have run the guest/,
  );
});

test('one whose process is proved dead starts nothing any more', async () => {
  const { clock, pair, fenced } = await bed();
  pair.destination.die();
  await clock.pass(10);
  expect(await fenced()).toBe('ended');
});

test('one that cannot be reached, or does not answer, is not fenced', async () => {
  const lost = await bed();
  lost.pair.destination.loseConnection(Number.POSITIVE_INFINITY);
  await lost.clock.pass(10);
  await expect(lost.fenced()).rejects.toThrow(UnreachableError);
  const silent = await bed([{ on: { command: 'stop', side: 'destination' }, do: 'never' }]);
  await expect(silent.fenced()).rejects.toThrow(/did not answer stop/);
});
