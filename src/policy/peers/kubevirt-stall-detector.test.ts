/** KubeVirt's stall detector, rule by rule as its own code has them: one list, hence a little over 300 lines. */
import { describe, expect, test } from 'vitest';
import type { Counters } from '../../model/observation.ts';
import { kubevirtStallDetector } from './kubevirt-stall-detector.ts';
import { acts, actsWhere, begin, boundary, GIB, MB, merged, ticks } from './testing/trace.ts';

/** Boundaries every `everyMs`, ticks between them, 60 MB/s on the wire. */
function guest(
  toMs: number,
  everyMs: number,
  remainingMB: (atMs: number) => number,
  { totalBytes = 16 * GIB, rateMB = 60 } = {},
) {
  const at = (atMs: number): Partial<Counters> => ({
    totalBytes,
    sentBytes: (atMs / 1000) * rateMB * MB,
    pass: Math.floor(atMs / everyMs) + 1,
    remainingBytes: remainingMB(atMs) * MB,
  });
  const times = Array.from({ length: Math.floor(toMs / everyMs) + 1 }, (_, index) => index * everyMs);
  return merged(
    times.map((atMs) => boundary(atMs, at(atMs))),
    ticks(0, toMs, at).filter(({ atMs }) => atMs % everyMs !== 0),
  );
}
const flat = (remainingMB: number) => () => remainingMB;

describe('a flat guest, a pass in 10 s', () => {
  // The boundary at 0 comes before any sample of the bandwidth; that at 10 s is old at 50 s.
  test('is allowed the maximum where the estimate fits it, and given up 60 s later if it still runs', () =>
    expect(acts(begin(kubevirtStallDetector), guest(200_000, 10_000, flat(54)))).toEqual([
      [0, 'downtime 300'],
      [50_000, 'downtime 900'],
      [111_000, 'abort'],
    ]));

  test('is allowed the maximum also up to 1.5 times it, for luck', () =>
    expect(acts(begin(kubevirtStallDetector), guest(60_000, 10_000, flat(81)))).toEqual([
      [0, 'downtime 300'],
      [50_000, 'downtime 900'],
    ]));

  test('at just the maximum needs no luck', () =>
    expect(
      acts(
        begin(kubevirtStallDetector, { 'precopy-possible-factor': '1' }),
        guest(60_000, 10_000, flat(54)),
      ).at(-1),
    ).toEqual([50_000, 'downtime 900']));

  test('is given up beyond, with the estimate', () => {
    const policy = begin(kubevirtStallDetector);
    const decisions = guest(60_000, 10_000, flat(82)).map((each) => policy.observe(each));
    expect(decisions.find(({ action }) => action === 'abort')).toMatchObject({
      neededPauseMs: 1366,
      reason:
        'stalled: 82 MB dirty, the best so far is 82 MB, an estimated downtime of 1.37 s is over 1.5 times the maximum of 900 ms',
    });
  });

  test('is forced where the workload may be disrupted', () =>
    expect(
      acts(
        begin(kubevirtStallDetector, { 'allow-workload-disruption': 'yes' }),
        guest(60_000, 10_000, flat(500)),
      ),
    ).toEqual([
      [0, 'downtime 300'],
      [50_000, 'downtime 2000000'],
    ]));

  test('goes on by post-copy where allowed, and is left alone then', () =>
    expect(
      acts(begin(kubevirtStallDetector, { 'allow-post-copy': 'yes' }), guest(3_000_000, 10_000, flat(500))),
    ).toEqual([
      [0, 'downtime 300'],
      [50_000, 'post-copy'],
    ]));

  test('needs the leave to disrupt for post-copy too', () =>
    expect(
      acts(
        begin(kubevirtStallDetector, { 'allow-post-copy': 'yes', 'allow-workload-disruption': 'no' }),
        guest(60_000, 10_000, flat(500)),
      ),
    ).toEqual([
      [0, 'downtime 300'],
      [50_000, 'abort'],
    ]));
});

test('a maximum below 300 ms is the initial downtime', () => {
  const policy = begin(kubevirtStallDetector, { 'max-downtime': '200ms' });
  expect(policy.initialDowntimeLimitMs).toBe(200);
  expect(acts(policy, guest(1000, 10_000, flat(54)))).toEqual([[0, 'downtime 200']]);
});

describe('at a boundary above the best it waits', () => {
  // 70 MB, but 54 MB at 20 s and 90 s: stalled at 50 s, when the 70 MB of 10 s are old, with the best at 54 MB.
  const dip = (atMs: number) => (atMs === 20_000 || atMs === 90_000 ? 54 : 70);

  test('for the next minimum', () =>
    expect(acts(begin(kubevirtStallDetector), guest(100_000, 10_000, dip))).toEqual([
      [0, 'downtime 300'],
      [90_000, 'downtime 900'],
    ]));

  test('unless it is told not to search', () =>
    expect(
      acts(begin(kubevirtStallDetector, { 'search-local-minima': 'no' }), guest(100_000, 10_000, dip)),
    ).toEqual([
      [0, 'downtime 300'],
      [50_000, 'downtime 900'],
    ]));

  test('and takes what there is when its patience ends, 40 s after the stall', () => {
    const once = (atMs: number) => (atMs === 20_000 ? 54 : 70);
    expect(acts(begin(kubevirtStallDetector), guest(100_000, 10_000, once))).toEqual([
      [0, 'downtime 300'],
      [90_000, 'downtime 900'],
    ]);
  });
});

test('a network that all but stands still is no reason to switch over', () => {
  // 54 MB at 0.2 MB/s are 270 s; of twice the 150 s, 250 s are left at 50 s. So the completion timeout ends it.
  const slow = guest(200_000, 10_000, flat(54), { totalBytes: GIB / 2, rateMB: 0.2 });
  expect(acts(begin(kubevirtStallDetector, { 'allow-workload-disruption': 'yes' }), slow)).toEqual([
    [0, 'downtime 300'],
    [151_000, 'abort'],
  ]);
});

test('passes shorter than its poll keep it from ever sampling the bandwidth', () => {
  const policy = begin(kubevirtStallDetector);
  const fast = guest(200_000, 300, flat(54), { totalBytes: GIB / 2 });
  expect(acts(policy, fast)).toEqual([
    [0, 'downtime 300'],
    [151_200, 'abort'],
  ]);
});

describe('the completion timeout of a guest that never stalls', () => {
  // Every 30 s a fifth less: 150 s are given to 512 MiB.
  const shrinking = (atMs: number) => 500 * 0.8 ** Math.floor(atMs / 30_000);
  const observations = guest(400_000, 30_000, shrinking, { totalBytes: GIB / 2 });

  test('aborts', () =>
    expect(acts(begin(kubevirtStallDetector), observations)).toEqual([
      [0, 'downtime 300'],
      [151_000, 'abort'],
    ]));

  test('forces the switchover where the workload may be disrupted, and aborts 60 s later', () =>
    expect(acts(begin(kubevirtStallDetector, { 'allow-workload-disruption': 'yes' }), observations)).toEqual([
      [0, 'downtime 300'],
      [151_000, 'downtime 2000000'],
      [212_000, 'abort'],
    ]));

  test('goes on by post-copy where allowed, here without the leave to disrupt', () =>
    expect(
      acts(
        begin(kubevirtStallDetector, { 'allow-post-copy': 'yes', 'allow-workload-disruption': 'no' }),
        observations,
      ),
    ).toEqual([
      [0, 'downtime 300'],
      [151_000, 'post-copy'],
    ]));

  test('of a VFIO guest never is post-copy', () =>
    expect(
      acts(begin(kubevirtStallDetector, { 'allow-post-copy': 'yes', vfio: 'yes' }), observations)[1],
    ).toEqual([151_000, 'downtime 2000000']));
});

test('the bandwidth is smoothed: a sample counts for 40 %', () => {
  // 60 MB/s until 49.75 s, then 30. The poll due at 50 s sees it: 0.4 x 30 + 0.6 x 60 = 48, so 100 MB take 2083 ms.
  const halved = guest(50_000, 10_000, flat(100)).map((each) => ({
    ...each,
    sentBytes: (Math.min(each.atMs, 49_750) + Math.max(0, each.atMs - 49_750) / 2) * 60_000,
  }));
  const policy = begin(kubevirtStallDetector);
  const decisions = halved.map((each) => policy.observe(each));
  expect(decisions.at(-1)).toMatchObject({ action: 'abort', neededPauseMs: 2083 });
});

describe('what fails it has not tried (live-migration-source_test.go, "stall detection")', () => {
  const postCopy = { 'allow-post-copy': 'yes' };

  test('resets switchoverInitiated when MigrateStartPostCopy fails: again at the next boundary', () =>
    expect(
      actsWhere(
        { fails: (_, atMs) => atMs === 50_000 },
        begin(kubevirtStallDetector, postCopy),
        guest(100_000, 10_000, flat(500)),
      ),
    ).toEqual([
      [0, 'downtime 300'],
      [50_000, 'post-copy'],
      [60_000, 'post-copy'],
    ]));

  test('resets switchoverInitiated when MigrateSetMaxDowntime fails, and its deadline', () =>
    expect(
      actsWhere(
        { fails: (_, atMs) => atMs === 50_000 },
        begin(kubevirtStallDetector),
        guest(200_000, 10_000, flat(54)),
      ),
    ).toEqual([
      [0, 'downtime 300'],
      [50_000, 'downtime 900'],
      [60_000, 'downtime 900'],
      [121_000, 'abort'],
    ]));

  test('eventually aborts when MigrateSetMaxDowntime keeps failing: at the completion timeout', () => {
    const done = actsWhere(
      { fails: (what) => what === 'downtime 900' },
      begin(kubevirtStallDetector),
      guest(400_000, 10_000, flat(54), { totalBytes: GIB / 2 }),
    );
    expect(done.slice(0, 3)).toEqual([
      [0, 'downtime 300'],
      [50_000, 'downtime 900'],
      [60_000, 'downtime 900'],
    ]);
    expect(done.at(-1)).toEqual([151_000, 'abort']);
  });

  test('where post-copy cannot start it is asked for at each boundary, then at each poll, and is given up at last', () => {
    const done = actsWhere(
      { fails: (what) => what === 'post-copy' },
      begin(kubevirtStallDetector, postCopy),
      guest(400_000, 10_000, flat(54), { totalBytes: GIB / 2 }),
    );
    const asked = done.filter(([, what]) => what === 'post-copy').map(([atMs]) => atMs);
    expect(asked.filter((atMs) => atMs < 151_000)).toEqual(
      Array.from({ length: 11 }, (_, index) => 50_000 + index * 10_000),
    );
    expect(asked.filter((atMs) => atMs >= 151_000).length).toBeGreaterThan(100);
    // 54 MB at 60 MB/s take 900 ms, and of twice the 150 s less than that is left at 300 s.
    expect(done.at(-1)).toEqual([300_000, 'abort']);
  });

  test('the initial downtime is set again at the next look', () =>
    expect(
      actsWhere(
        { fails: (_, atMs) => atMs === 0 },
        begin(kubevirtStallDetector),
        guest(5000, 10_000, flat(54)),
      ),
    ).toEqual([
      [0, 'downtime 300'],
      [500, 'downtime 300'],
    ]));
});

describe('once QEMU has stopped the guest the acceptable time holds, and no longer the deadline (shouldTriggerTimeout)', () => {
  const small = { totalBytes: GIB / 2 };

  test('which lets a switchover end that began before its deadline', () =>
    expect(
      actsWhere(
        { stopsAtMs: 109_300 },
        begin(kubevirtStallDetector),
        guest(200_000, 10_000, flat(54), small),
      ),
    ).toEqual([
      [0, 'downtime 300'],
      [50_000, 'downtime 900'],
      [151_000, 'abort'],
    ]));

  test('and ends one that began shortly before the acceptable time', () =>
    expect(
      actsWhere(
        // Stalled only at 140 s: until then each pass is a fifth better than the one before.
        { stopsAtMs: 150_500 },
        begin(kubevirtStallDetector),
        guest(300_000, 10_000, (atMs) => 54 * 1.25 ** (Math.max(0, 100_000 - atMs) / 10_000), small),
      ),
    ).toEqual([
      [0, 'downtime 300'],
      [140_000, 'downtime 900'],
      [151_000, 'abort'],
    ]));

  test('whether it runs again or not: nothing takes the pause back in the source', () =>
    expect(
      actsWhere(
        { stopsAtMs: 60_000, resumesAtMs: 61_000 },
        begin(kubevirtStallDetector),
        guest(200_000, 10_000, flat(54), small),
      ).at(-1),
    ).toEqual([151_000, 'abort']));
});

test('takes what the admission of the source takes', () => {
  const build = (name: string, text: string) => () => kubevirtStallDetector.build({ [name]: text });
  expect(build('stall-progress-timeout', '0s')).not.toThrow();
  expect(build('patience-window-decay-factor', '0')).not.toThrow();
  expect(build('precopy-possible-factor', '0.9')).toThrow(/precopy-possible-factor: .*from 1/);
  expect(build('completion-timeout-factor', '0.9')).toThrow(/completion-timeout-factor: .*from 1/);
  expect(build('stall-margin', '4.5%')).toThrow(/stall-margin: .*whole/);
  expect(build('stall-margin', '7%')).not.toThrow();
});
