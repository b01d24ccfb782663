import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../policy/policy.ts';
import { type Clocks, heldLimits } from './held-limits.ts';
import type { State } from './states.ts';

const CALM: Clocks = {
  nowMs: 1000,
  sentBytes: 1e9,
  stalledMs: 0,
  stoppedMs: undefined,
  restBytes: undefined,
  lineRateBytesPerSecond: undefined,
  brownOutMs: 0,
  mayRelease: false,
  highestThrottlePercent: 0,
  lastPauseForecastMs: 900,
};

function held(state: State, limits: Partial<Limits>, clocks: Partial<Clocks>) {
  return heldLimits(state, { ...DEFAULT_LIMITS, ...limits }, { ...CALM, ...clocks });
}

const LEAVE = { overBudget: 'leave' } as const;

test('what is left alone is told at the limit itself, however near its arrival: nothing is taken back', () => {
  const near = { stoppedMs: 1000, restBytes: 1e6, lineRateBytesPerSecond: 1e6 };
  expect(held('stopped', { ...LEAVE, maxDowntimeMs: 1000 }, near)).toMatchObject({ kind: 'say' });
  expect(held('stopped', { maxDowntimeMs: 1000 }, near)).toBeUndefined();
});

describe('each limit holds from its instant on, and not before', () => {
  test.each<[string, State, Partial<Limits>, Partial<Clocks>, Partial<Clocks>, object]>([
    [
      '--timeout',
      'copying',
      { timeoutMs: 5000 },
      { nowMs: 4999 },
      { nowMs: 5000 },
      { kind: 'give-up', outcome: 'aborted' },
    ],
    [
      '--timeout once a pause is accepted',
      'switching-over',
      { timeoutMs: 5000 },
      { nowMs: 4999 },
      { nowMs: 5000 },
      { kind: 'give-up' },
    ],
    [
      '--timeout of what somebody else began: it was asked for',
      'copying',
      { timeoutMs: 5000, ...LEAVE },
      { nowMs: 4999 },
      { nowMs: 5000 },
      { kind: 'give-up' },
    ],
    [
      '--stall-timeout',
      'copying',
      { stallTimeoutMs: 3000 },
      { stalledMs: 2999 },
      { stalledMs: 3000 },
      { kind: 'give-up', outcome: 'failed' },
    ],
    [
      '--stall-timeout of what somebody else began',
      'copying',
      { stallTimeoutMs: 3000, ...LEAVE },
      { stalledMs: 2999 },
      { stalledMs: 3000 },
      { kind: 'say' },
    ],
    [
      'a stall in post-copy',
      'post-copy',
      { stallTimeoutMs: 3000 },
      { stalledMs: 2999 },
      { stalledMs: 3000 },
      { kind: 'stuck' },
    ],
    [
      '--brake-for',
      'copying',
      { overBudget: 'brake', brakeForMs: 4000 },
      { brownOutMs: 3999 },
      { brownOutMs: 4000 },
      { kind: 'give-up', outcome: 'aborted', neededPauseMs: 900 },
    ],
    [
      '--brake-for, of a brake that was not in place of giving up',
      'copying',
      { brakeForMs: 4000 },
      { brownOutMs: 3999, mayRelease: true },
      { brownOutMs: 4000, mayRelease: true },
      { kind: 'release' },
    ],
    [
      'what a defect allows to be sent',
      'copying',
      { maxSentBytes: 55e9 },
      { sentBytes: 55e9 - 1 },
      { sentBytes: 55e9 },
      { kind: 'give-up', outcome: 'aborted' },
    ],
    [
      'what a defect allows, of what somebody else began',
      'copying',
      { maxSentBytes: 55e9, ...LEAVE },
      { sentBytes: 55e9 - 1 },
      { sentBytes: 55e9 },
      { kind: 'say' },
    ],
    [
      '--max-downtime',
      'stopped',
      { maxDowntimeMs: 2000 },
      { stoppedMs: 1999 },
      { stoppedMs: 2000 },
      { kind: 'give-up', outcome: 'aborted' },
    ],
    [
      '--max-downtime of what somebody else began',
      'stopped',
      { maxDowntimeMs: 2000, ...LEAVE },
      { stoppedMs: 1999, restBytes: 1e6, lineRateBytesPerSecond: 1e6 },
      { stoppedMs: 2000, restBytes: 1e6, lineRateBytesPerSecond: 1e6 },
      { kind: 'say' },
    ],
    [
      'a guest that is about to arrive, for as long as taking it back would cost',
      'stopped',
      { maxDowntimeMs: 200 },
      { stoppedMs: 600, restBytes: 10e6, lineRateBytesPerSecond: 60e6 },
      { stoppedMs: 700, restBytes: 10e6, lineRateBytesPerSecond: 60e6 },
      { kind: 'give-up', outcome: 'aborted' },
    ],
  ])('%s', (_, state, limits, before, from, verdict) => {
    expect(held(state, limits, before)).toBeUndefined();
    expect(held(state, limits, from)).toMatchObject(verdict);
  });
});

test('nothing is held against a migration that is cancelled, arrived or over', () => {
  const everything = { nowMs: 1e9, stalledMs: 1e9, stoppedMs: 1e9, brownOutMs: 1e9, sentBytes: 1e15 };
  const limits = { timeoutMs: 1, maxSentBytes: 1, stallTimeoutMs: 1, maxDowntimeMs: 1 };
  for (const state of ['cancelling', 'arrived', 'settling', 'ended', 'detached'] as const)
    expect(held(state, limits, everything)).toBeUndefined();
});

test('without a limit there is none', () => {
  expect(held('copying', {}, { nowMs: 1e12, sentBytes: 1e15 })).toBeUndefined();
  expect(held('copying', { overBudget: 'abort' }, { brownOutMs: 1e9 })).toBeUndefined();
});
