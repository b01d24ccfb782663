import { expect, test } from 'vitest';
import { pageWaitsOf } from './page-waits.ts';

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
