import { expect, test } from 'vitest';
import type { RemotePages } from '../../journal/outcome.ts';
import { EVERY_HAPPENING, OUTCOME } from '../../journal/testing/happenings.ts';
import { viewOf } from '../../journal/view.ts';
import { summaryLines } from './summary.ts';

const remoteOf = (remotePages: RemotePages | null | undefined) => {
  const stamp = { schema: 2, seq: 0, time: '2026-11-22T19:57:48.123Z', atMs: 7 };
  const { remotePages: _, ...before } = OUTCOME;
  const outcome = remotePages === undefined ? before : { ...before, remotePages };
  const opened = EVERY_HAPPENING.filter(({ type }) => type === 'opened');
  const view = viewOf(
    [...opened, { type: 'ended' as const, outcome }].map((each) => ({ ...stamp, ...each })),
  );
  return summaryLines(view).filter((line) => line.startsWith('  remote'));
};

test('what post-copy cost, as far as it was measured', () => {
  expect(remoteOf({ ms: 7500, allBlockedMs: 230, vcpuBlockedMs: [250, 300], pageLatencyMs: 0.8124 })).toEqual(
    [
      '  remote   for 7.5 s (the guest ran while its memory followed; all its vCPUs at once waited for pages for 230 ms, one of them for up to 300 ms, 0.81 ms a page on average)',
    ],
  );
  expect(remoteOf({ ms: 2450, allBlockedMs: 2210, vcpuBlockedMs: [2210], pageLatencyMs: null })).toEqual([
    '  remote   for 2.45 s (the guest ran while its memory followed; its vCPU waited for pages for 2.21 s)',
  ]);
  expect(remoteOf({ ms: null, allBlockedMs: null, vcpuBlockedMs: null, pageLatencyMs: null })).toEqual([
    '  remote   for a time that was not measured (the guest ran while its memory followed; how long its vCPUs waited for pages was not counted)',
  ]);
});

test('nothing of it where there was none, or where an old journal does not tell', () => {
  expect(remoteOf(null)).toEqual([]);
  expect(remoteOf(undefined)).toEqual([]);
});
