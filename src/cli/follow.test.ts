import { expect, onTestFinished, test, vi } from 'vitest';
import type { Run } from '../migration/run.ts';
import type { Cancelled } from '../migration/supervisor.ts';
import { Signals } from './follow.ts';
import type { Reporter } from './render/reporter.ts';

/** Signals that came before there was a run, and what was asked of it. */
function followed(cancelled: Cancelled = 'cancelled') {
  const asked: string[] = [];
  const signals = new Signals({ say: () => {} } as unknown as Reporter);
  onTestFinished(() => signals.release());
  const run = {
    cancel: async (reason: string) => {
      asked.push(`cancel: ${reason}`);
      return cancelled;
    },
    detach: async (reason?: string) => void asked.push(`detach: ${reason}`),
  } as unknown as Run;
  return { signals, run, asked };
}

// Audit 23: the journal did not say which signal it was.
test('SIGTERM lets go, and says so to the journal', () => {
  const { signals, run, asked } = followed();
  signals.apply(run);
  process.emit('SIGTERM', 'SIGTERM');
  process.emit('SIGTERM', 'SIGTERM');
  expect(asked).toEqual(['detach: detached on SIGTERM']);
});

test('a signal from before there was a run keeps its name', () => {
  const { signals, run, asked } = followed();
  process.emit('SIGTERM', 'SIGTERM');
  signals.apply(run);
  expect(asked).toEqual(['detach: detached on SIGTERM']);
});

test('the second Ctrl-C lets go, and says that it was that', () => {
  const { signals, run, asked } = followed();
  signals.apply(run);
  process.emit('SIGINT', 'SIGINT');
  process.emit('SIGINT', 'SIGINT');
  expect(asked).toEqual(['detach: detached by a second Ctrl-C']);
});

test('after a Ctrl-C that came too late, and beside one that is carried out, SIGTERM lets go all the same', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  for (const cancelled of ['too-late', 'cancelled'] as const) {
    const { signals, run, asked } = followed(cancelled);
    signals.apply(run);
    process.emit('SIGINT', 'SIGINT');
    await vi.advanceTimersByTimeAsync(1500);
    process.emit('SIGTERM', 'SIGTERM');
    expect(asked).toEqual(['cancel: cancelled by Ctrl-C', 'detach: detached on SIGTERM']);
    signals.release();
  }
});

test('a Ctrl-C that came too late is over: the next one has a second thought again', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { signals, run, asked } = followed('too-late');
  signals.apply(run);
  process.emit('SIGINT', 'SIGINT');
  await vi.advanceTimersByTimeAsync(1500);
  process.emit('SIGINT', 'SIGINT');
  process.emit('SIGINT', 'SIGINT');
  expect(asked).toEqual(['cancel: cancelled by Ctrl-C', 'detach: detached by a second Ctrl-C']);
});

test('a Ctrl-C from before there was a run is not forgotten for a SIGTERM after it', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { signals, run, asked } = followed();
  process.emit('SIGINT', 'SIGINT');
  await vi.advanceTimersByTimeAsync(1500);
  process.emit('SIGTERM', 'SIGTERM');
  signals.apply(run);
  expect(asked).toEqual(['cancel: cancelled by Ctrl-C']);
});
