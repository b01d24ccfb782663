import { describe, expect, test } from 'vitest';
import { nova, novaForceComplete } from './nova.ts';
import { acts, actsWhere, begin, GIB, tick, ticks } from './testing/trace.ts';

const guest = (toSeconds: number, totalBytes: number) => ticks(0, toSeconds * 1000, () => ({ totalBytes }));

describe('the steps of the downtime', () => {
  test('are those of the example in its source', () => {
    // downtime_steps: 10 steps, 30 s of delay, 3 GB, 400 ms; each at the first poll after its time.
    const done = acts(
      begin(nova, { downtime: '400ms', 'downtime-delay-per-gib': '30s' }),
      guest(1000, 3 * GIB),
    );
    const expected = [40, 76, 112, 148, 184, 220, 256, 292, 328, 364, 400];
    expect(done).toEqual(expected.map((ms, step) => [step * 90_000 + 500, `downtime ${ms}`]));
  });

  test('of 16 GiB: 1200 s each, 500 ms only after 12,000 s, and an abort 800 s later', () => {
    const done = acts(begin(nova), guest(13_000, 16 * GIB));
    expect(done.slice(0, 2)).toEqual([
      [500, 'downtime 50'],
      [1_200_500, 'downtime 95'],
    ]);
    expect(done.slice(-2)).toEqual([
      [12_000_500, 'downtime 500'],
      [12_800_500, 'abort'],
    ]);
    expect(done).toHaveLength(12);
  });

  test('of a small guest: as of 2 GiB', () => {
    const done = acts(begin(nova), guest(2000, GIB / 2));
    expect(done[1]).toEqual([150_500, 'downtime 95']);
    expect(done.at(-1)).toEqual([1_600_500, 'abort']);
  });

  test('of 2.5 GiB: the delay is cut to whole seconds, 187 and not 187.5', () =>
    expect(acts(begin(nova), guest(200, 2.5 * GIB))[1]).toEqual([187_500, 'downtime 95']));

  test('the first is in force from the start, and set at the first look', () => {
    expect(begin(nova).initialDowntimeLimitMs).toBe(50);
    expect(acts(begin(nova), ticks(250, 1000))).toEqual([[250, 'downtime 50']]);
  });
});

describe('the completion timeout', () => {
  test('names its figures', () => {
    const policy = begin(nova);
    const reasons = guest(1601, GIB).map((tick) => policy.observe(tick).reason);
    expect(reasons.find((reason) => reason.includes('completion timeout'))).toBe(
      '26 min 41 s passed, over the completion timeout of 26 min 40 s for 2 GiB',
    );
  });

  test('with force_complete pauses the guest, one poll later, once', () =>
    expect(acts(begin(novaForceComplete), guest(2000, GIB)).slice(-2)).toEqual([
      [1_500_500, 'downtime 500'],
      [1_601_000, 'suspend'],
    ]));

  test('with force_complete goes on by post-copy where that is permitted', () =>
    expect(acts(begin(novaForceComplete, { 'permit-post-copy': 'yes' }), guest(2000, GIB)).at(-1)).toEqual([
      1_601_000,
      'post-copy',
    ]));

  test('of 0 s is none', () =>
    expect(
      acts(begin(nova, { 'completion-timeout-per-gib': '0s' }), guest(5000, GIB)).map(([, what]) => what),
    ).not.toContain('abort'));
});

test('takes no values that nova refuses', () => {
  expect(() => nova.build({ downtime: '99ms' })).toThrow(/downtime: /);
  expect(() => nova.build({ 'downtime-steps': '2' })).toThrow(/downtime-steps: /);
  expect(() => nova.build({ 'downtime-delay-per-gib': '2s' })).toThrow(/downtime-delay-per-gib: /);
});

describe('force_complete', () => {
  const postCopy = { 'permit-post-copy': 'yes' };

  test('asks for post-copy at every poll until it takes', () =>
    expect(
      actsWhere(
        { fails: (what, atMs) => what === 'post-copy' && atMs < 1_602_000 },
        begin(novaForceComplete, postCopy),
        guest(1700, GIB),
      ).slice(-3),
    ).toEqual([
      [1_601_000, 'post-copy'],
      [1_601_500, 'post-copy'],
      [1_602_000, 'post-copy'],
    ]));

  test('pauses a guest again that runs again', () =>
    expect(
      actsWhere(
        { stopsAtMs: 1_601_100, resumesAtMs: 1_620_000 },
        begin(novaForceComplete),
        guest(1700, GIB),
      ).slice(-2),
    ).toEqual([
      [1_601_000, 'suspend'],
      [1_620_000, 'suspend'],
    ]));

  test('does not take the poll’s step of the downtime away: it comes at our next look', () => {
    // The timeout is 902 s; the fourth step begins at 3 x 301 = 903 s, between the poll that queues and the one after.
    const options = { 'completion-timeout-per-gib': '451s', 'downtime-delay-per-gib': '150.5s' };
    const looks = [...guest(902, GIB), ...[902_900, 903_400, 903_650, 904_000].map((atMs) => tick(atMs))];
    expect(acts(begin(novaForceComplete, options), looks).slice(-3)).toEqual([
      [602_500, 'downtime 140'],
      [903_400, 'suspend'],
      [903_650, 'downtime 185'],
    ]);
  });
});
