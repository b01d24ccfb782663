import { describe, expect, test } from 'vitest';
import { cloudHypervisor } from './cloud-hypervisor.ts';
import { acts, begin, boundary, MB, ticks } from './testing/trace.ts';

const at = (atMs: number, remainingMB: number, bandwidthMB = 60) =>
  boundary(atMs, { remainingBytes: remainingMB * MB, bandwidthBytesPerSecond: bandwidthMB * MB });

test('stops once bytes over the bandwidth of the last iteration fit the downtime', () => {
  expect(acts(begin(cloudHypervisor), [at(1000, 18.1), at(2000, 18)])).toEqual([[2000, 'switchover']]);
  // The same bytes after a slower iteration do not fit.
  expect(acts(begin(cloudHypervisor), [at(1000, 18, 59)])).toEqual([]);
});

test('before the first iteration has ended it has no estimate', () =>
  expect(acts(begin(cloudHypervisor), [boundary(0, { remainingBytes: 1 })])).toEqual([]));

test('with nothing dirty it is done, estimate or not', () =>
  expect(acts(begin(cloudHypervisor), [boundary(0, { remainingBytes: 0 })])).toEqual([[0, 'switchover']]));

test('the pause that follows has no bound: what the last log adds is sent all the same', () => {
  const policy = begin(cloudHypervisor);
  expect(policy.observe(at(1000, 18))).toMatchObject({ action: 'switchover', acceptedPauseMs: 2_000_000 });
  expect(policy.observe(at(2000, 500)).action).toBe('switchover');
});

describe('the timeout', () => {
  test('is looked at after the estimate, and only at boundaries', () => {
    const late = ticks(3_600_000, 3_602_000);
    expect(acts(begin(cloudHypervisor), [...late, at(3_602_000, 18)])).toEqual([[3_602_000, 'switchover']]);
    expect(acts(begin(cloudHypervisor), [...late, at(3_602_000, 133)])).toEqual([[3_602_000, 'abort']]);
  });

  test('names the pause that it estimated', () =>
    expect(begin(cloudHypervisor).observe(at(3_600_000, 120))).toMatchObject({
      action: 'abort',
      neededPauseMs: 2000,
    }));

  test('with `ignore` it pauses the guest all the same', () =>
    expect(acts(begin(cloudHypervisor, { 'timeout-strategy': 'ignore' }), [at(3_600_000, 133)])).toEqual([
      [3_600_000, 'switchover'],
    ]));
});

test('reckons in whole nanoseconds: 18,000,001 bytes at 18 GB/s fit 1 ms', () => {
  const boundaries = [boundary(1000, { remainingBytes: 18_000_001, bandwidthBytesPerSecond: 18e9 })];
  expect(acts(begin(cloudHypervisor, { downtime: '1ms' }), boundaries)).toEqual([[1000, 'switchover']]);
});

test('takes no timeout of 0', () =>
  expect(() => cloudHypervisor.build({ timeout: '0s' })).toThrow(/timeout: .*not within/));
