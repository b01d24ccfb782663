import { describe, expect, test } from 'vitest';
import type { Counters } from '../../model/observation.ts';
import { kubevirt } from './kubevirt.ts';
import { acceptableCompletionSeconds } from './kubevirt-options.ts';
import { acts, actsWhere, begin, GIB, MB, ticks } from './testing/trace.ts';

const LARGE = 16 * GIB;
const SMALL = GIB / 2;

/** `remaining` as of its time, in a guest of that size. */
const guest = (toMs: number, totalBytes: number, remainingMB: (atMs: number) => number) =>
  ticks(0, toMs, (atMs): Partial<Counters> => ({ totalBytes, remainingBytes: remainingMB(atMs) * MB }));

/** Up for two seconds and down for two, never below where it began. */
const swinging = (atMs: number) => 500 + Math.abs((atMs % 4000) - 2000);

test('counts decimal GB and rounds up: 16 GiB are 18', () => {
  expect(acceptableCompletionSeconds(LARGE, 150_000)).toBe(2700);
  expect(acceptableCompletionSeconds(SMALL, 150_000)).toBe(150);
  expect(acceptableCompletionSeconds(1e9, 150_000)).toBe(150);
  expect(acceptableCompletionSeconds(1e9 + 1, 150_000)).toBe(300);
});

describe('the progress timeout', () => {
  test('ends a rest that stands still: 150 s and a poll after the first, in whole seconds', () =>
    // The first poll, at 500 ms, is progress; 151 s after it the poll that is due at 151.6 s sees it.
    expect(
      acts(
        begin(kubevirt),
        guest(200_000, LARGE, () => 500),
      ),
    ).toEqual([[151_750, 'abort']]));

  test('ends a rest that only grows', () =>
    expect(
      acts(
        begin(kubevirt),
        guest(200_000, LARGE, (atMs) => atMs),
      ),
    ).toEqual([[151_750, 'abort']]));

  test('never ends one that swings without getting anywhere: the watermark follows', () =>
    expect(acts(begin(kubevirt), guest(2_000_000, LARGE, swinging))).toEqual([]));

  test('is fed by a decrease that is far above the least value seen', () => {
    // 100 MB once, then 900 MB, with one step down to 899 MB at 100 s.
    const rest = (atMs: number) => (atMs < 1000 ? 100 : atMs < 100_000 ? 900 : 899);
    expect(acts(begin(kubevirt), guest(300_000, LARGE, rest))).toEqual([[251_000, 'abort']]);
  });

  test('of 0 s is none', () =>
    expect(
      acts(
        begin(kubevirt, { 'progress-timeout': '0s' }),
        guest(2_700_000, LARGE, () => 500),
      ),
    ).toEqual([]));
});

describe('the completion timeout', () => {
  test('aborts once more than its whole seconds have passed', () =>
    expect(acts(begin(kubevirt), guest(2_800_000, LARGE, swinging))).toEqual([[2_701_000, 'abort']]));

  test('of a small guest comes after 150 s', () =>
    expect(acts(begin(kubevirt), guest(200_000, SMALL, swinging))).toEqual([[151_000, 'abort']]));

  test('pauses the guest where the workload may be disrupted, and aborts after as long again', () =>
    expect(
      acts(begin(kubevirt, { 'allow-workload-disruption': 'yes' }), guest(400_000, SMALL, swinging)),
    ).toEqual([
      [151_000, 'suspend'],
      [301_000, 'abort'],
    ]));

  test('goes on by post-copy where allowed, which allows disruption too, and then leaves it alone', () =>
    expect(acts(begin(kubevirt, { 'allow-post-copy': 'yes' }), guest(400_000, SMALL, swinging))).toEqual([
      [151_000, 'post-copy'],
    ]));

  test('aborts all the same where post-copy is allowed and disruption is not', () =>
    expect(
      acts(
        begin(kubevirt, { 'allow-post-copy': 'yes', 'allow-workload-disruption': 'no' }),
        guest(400_000, SMALL, swinging),
      ),
    ).toEqual([[151_000, 'abort']]));

  test('of a VFIO guest raises the downtime to twice the time, as far as QEMU goes', () => {
    const options = { 'allow-post-copy': 'yes', vfio: 'yes' };
    expect(acts(begin(kubevirt, options), guest(200_000, SMALL, swinging))).toEqual([
      [151_000, 'downtime 300000'],
    ]);
    expect(acts(begin(kubevirt, options), guest(2_800_000, LARGE, swinging))).toEqual([
      [2_701_000, 'downtime 2000000'],
    ]);
  });

  test('the progress timeout still aborts a guest that was paused', () => {
    const rest = (atMs: number) => (atMs < 151_000 ? swinging(atMs) : 500);
    const options = { 'allow-workload-disruption': 'yes', 'progress-timeout': '60s' };
    expect(acts(begin(kubevirt, options), guest(400_000, SMALL, rest)).map(([, what]) => what)).toEqual([
      'suspend',
      'abort',
    ]);
  });

  test('of 0 s is none', () =>
    expect(
      acts(begin(kubevirt, { 'completion-timeout-per-gib': '0s' }), guest(400_000, SMALL, swinging)),
    ).toEqual([]));
});

describe('what fails is tried again at the next poll (manager_test.go, "migration monitor")', () => {
  const firstFails = { fails: (_: string, atMs: number) => atMs === 151_000 };

  test('switches to PostCopy eventually', () =>
    expect(
      actsWhere(
        firstFails,
        begin(kubevirt, { 'allow-post-copy': 'yes' }),
        guest(400_000, SMALL, swinging),
      ).map(([, what]) => what),
    ).toEqual(['post-copy', 'post-copy']));

  test('a pause, with as long again from the timeout on as without the failure', () =>
    expect(
      actsWhere(
        firstFails,
        begin(kubevirt, { 'allow-workload-disruption': 'yes' }),
        guest(400_000, SMALL, swinging),
      ),
    ).toEqual([
      [151_000, 'suspend'],
      [151_250, 'suspend'],
      [301_000, 'abort'],
    ]));

  test('the large downtime of a VFIO guest', () =>
    expect(
      actsWhere(
        firstFails,
        begin(kubevirt, { 'allow-post-copy': 'yes', vfio: 'yes' }),
        guest(200_000, SMALL, swinging),
      ).map(([, what]) => what),
    ).toEqual(['downtime 300000', 'downtime 300000']));
});
