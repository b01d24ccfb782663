import { expect, onTestFinished, test } from 'vitest';
import type { Run } from '../migration/run.ts';
import { Signals } from './follow.ts';
import type { Reporter } from './render/reporter.ts';

/** Signals that came before there was a run, and what was asked of it. */
function followed() {
  const asked: string[] = [];
  const signals = new Signals({ say: () => {} } as unknown as Reporter);
  onTestFinished(() => signals.release());
  const run = {
    cancel: async (reason: string) => {
      asked.push(`cancel: ${reason}`);
      return 'cancelled' as const;
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
