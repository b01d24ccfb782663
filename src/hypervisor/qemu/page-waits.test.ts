import { expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { LastingMonitor } from './lasting-monitor.ts';
import { pageWaitsAt, pageWaitsOf } from './page-waits.ts';
import type { MigrationInfo } from './qmp/commands.ts';

test("QEMU's figures, in milliseconds", () => {
  const counted = { 'postcopy-blocktime': 230, 'postcopy-vcpu-blocktime': [250, 300] };
  expect(pageWaitsOf({ status: 'completed', ...counted, 'postcopy-latency': 812_000 })).toEqual({
    allBlockedMs: 230,
    vcpuBlockedMs: [250, 300],
    pageLatencyMs: 0.812,
  });
  // Of a QEMU before 10.1, or where no page was asked for.
  for (const info of [counted, { ...counted, 'postcopy-latency': 0 }])
    expect(pageWaitsOf(info).pageLatencyMs).toBeNull();
});

test('what was not counted is null', () => {
  expect(pageWaitsOf({ status: 'completed' })).toEqual({
    allBlockedMs: null,
    vcpuBlockedMs: null,
    pageLatencyMs: null,
  });
});

test('a destination that is behind the source’s word is asked again, one that does not answer is not waited for', async () => {
  const clock = new VirtualClock();
  const answers: (MigrationInfo | undefined)[] = [
    { status: 'postcopy-active' },
    { status: 'completed', 'postcopy-blocktime': 7 },
  ];
  const destination = {
    client: {},
    execute: async () => {
      const answer = answers.shift();
      if (!answer) throw new Error('out of reach');
      return answer;
    },
  } as unknown as LastingMonitor;
  expect(await clock.until(pageWaitsAt(destination, clock))).toMatchObject({ allBlockedMs: 7 });
  expect(await clock.until(pageWaitsAt(destination, clock))).toBeUndefined();
  expect(await pageWaitsAt(undefined, clock)).toBeUndefined();
});
