import { describe, expect, test } from 'vitest';
import { lineRate, RateEstimate } from './bandwidth.ts';

const MB = 1e6;

function measured(...passes: [durationMs: number, megabytes: number][]): RateEstimate {
  return passes.reduce(
    (estimate, [durationMs, megabytes]) => estimate.with({ durationMs, bytes: megabytes * MB }),
    RateEstimate.unmeasured,
  );
}

describe('a rate by whole passes', () => {
  test('nothing carried, nothing known', () => {
    expect(RateEstimate.unmeasured.bytesPerSecond).toBeUndefined();
    expect(measured([0, 10], [10, 0]).bytesPerSecond).toBeUndefined();
  });

  test('one pass: its rate, give or take 5 %', () => {
    const rate = measured([3600, 216]).bytesPerSecond;
    expect(rate?.middle).toBeCloseTo(60 * MB);
    expect(rate?.low).toBeCloseTo(57 * MB);
    expect(rate?.high).toBeCloseTo(63 * MB);
  });

  test('a burst out of buffers and a stall do not move it', () => {
    const rate = measured([3600, 216], [50, 20], [2200, 132], [300, 1], [2200, 134]).bytesPerSecond;
    expect(rate?.middle).toBeCloseTo(60 * MB, -6);
    expect(rate?.high).toBeLessThan(66 * MB);
    expect(measured([3600, 216], [50, 20], [50, 20]).bytesPerSecond?.middle).toBeCloseTo(60 * MB);
  });

  test('a link that wavers has a wide interval, a steady one a narrow one', () => {
    const wavering = measured([2000, 80], [2000, 160], [2000, 100], [2000, 140], [2000, 120]).bytesPerSecond;
    expect(wavering?.middle).toBeCloseTo(60 * MB);
    expect(wavering?.low).toBeLessThan(40 * MB);
    expect(wavering?.high).toBeGreaterThan(80 * MB);
  });

  test('it follows the link: passes long ago are forgotten', () => {
    const before = measured(...Array.from({ length: 20 }, (): [number, number] => [1000, 60]));
    const after = Array.from({ length: 15 }).reduce<RateEstimate>(
      (estimate) => estimate.with({ durationMs: 1000, bytes: 20 * MB }),
      before,
    );
    expect(after.bytesPerSecond?.middle).toBeCloseTo(20 * MB);
  });
});

describe('the line rate of a switchover', () => {
  const passes = measured([2000, 120]);
  test('what the user states wins', () => {
    expect(lineRate({ stated: 125 * MB, passes })).toMatchObject({
      source: 'stated',
      bytesPerSecond: { low: 125 * MB, high: 125 * MB },
    });
  });

  test('then what stop-and-copies reached', () => {
    const known = lineRate({ passes, switchovers: measured([1000, 118]), cap: 60 * MB });
    expect(known).toMatchObject({ source: 'switchovers', bytesPerSecond: { middle: 118 * MB } });
  });

  test('then the passes, marked when their cap may hold them', () => {
    expect(lineRate({ passes })?.source).toBe('uncapped-passes');
    expect(lineRate({ passes, cap: 1000 * MB })?.source).toBe('uncapped-passes');
    expect(lineRate({ passes, cap: 64 * MB })?.source).toBe('capped-passes');
  });

  test('then nothing', () => expect(lineRate({ stated: 0 })).toBeUndefined());
});
