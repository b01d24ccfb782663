import { describe, expect, test } from 'vitest';
import type { Boundary } from './observation.ts';
import { forecastPauseMs, mostUnsentBytes, PassMeter, SWITCHOVER_FIXED_COST_MS } from './passes.ts';

const MB = 1e6;

function boundary(pass: number, atMs: number, sentBytes: number, remainingBytes: number): Boundary {
  return { kind: 'boundary', pass, atMs, sentBytes, remainingBytes, totalBytes: 537 * MB };
}

test('the pause is the rest over the line rate, plus the fixed cost', () => {
  expect(forecastPauseMs(133 * MB, 60 * MB)).toBeCloseTo(2216.7 + SWITCHOVER_FIXED_COST_MS, 1);
  expect(forecastPauseMs(0, 60 * MB)).toBe(SWITCHOVER_FIXED_COST_MS);
});

describe('measured passes', () => {
  test('the first boundary ends no pass and knows no rate', () => {
    const measured = new PassMeter().measure(boundary(1, 0, 0, 537 * MB));
    expect(measured.ended).toBeUndefined();
    expect(measured.pauseForecastMs).toBeUndefined();
  });

  test('rates are of whole passes', () => {
    const meter = new PassMeter();
    meter.measure(boundary(1, 0, 0, 537 * MB));
    const second = meter.measure(boundary(2, 3600, 216 * MB, 133 * MB));
    expect(second.ended?.bandwidthBytesPerSecond).toBeCloseTo(60 * MB);
    expect(second.ended?.dirtyRateBytesPerSecond).toBeCloseTo((133 * MB) / 3.6);
    expect(second.pauseForecastMs).toBeCloseTo(2216.7 + 50, 0);
  });

  test('a pass too short to tell is judged together with the one before', () => {
    const meter = new PassMeter();
    meter.measure(boundary(1, 0, 0, 537 * MB));
    meter.measure(boundary(2, 4000, 240 * MB, 20 * MB));
    // 20 MB in 50 ms: a burst out of buffers, not the link's rate.
    const burst = meter.measure(boundary(3, 4050, 260 * MB, 20 * MB));
    expect(burst.ended?.bandwidthBytesPerSecond).toBeCloseTo(400 * MB);
    expect(burst.lineRateBytesPerSecond).toBeCloseTo((260 / 4.05) * MB);
  });

  test('the rate follows the link: passes long ago do not count', () => {
    const meter = new PassMeter();
    meter.measure(boundary(1, 0, 0, 537 * MB));
    meter.measure(boundary(2, 4000, 240 * MB, 100 * MB));
    expect(meter.measure(boundary(3, 9000, 340 * MB, 100 * MB)).lineRateBytesPerSecond).toBeCloseTo(20 * MB);
  });

  test('a stated line rate wins over the measured one', () => {
    const meter = new PassMeter(125 * MB);
    meter.measure(boundary(1, 0, 0, 537 * MB));
    expect(meter.measure(boundary(2, 4000, 240 * MB, 125 * MB)).pauseForecastMs).toBeCloseTo(1050);
  });

  test('memory is compared with memory: what was carried counts, not what the wire saw of it', () => {
    const carried = (pass: number, atMs: number, sent: number, held: number) => ({
      ...boundary(pass, atMs, sent * MB, 100 * MB),
      carriedBytes: held * MB,
    });
    for (const meter of [new PassMeter(), new PassMeter(60 * MB)]) {
      meter.measure(boundary(1, 0, 0, 537 * MB));
      const second = meter.measure(carried(2, 2000, 120, 480));
      expect(second.ended).toMatchObject({ sentBytes: 120 * MB, carriedBytes: 480 * MB });
      // A stop-and-copy moves what the guest writes, and what that costs is not known yet.
      expect(second.lineRateBytesPerSecond).toBeCloseTo(60 * MB);
      // Half of what it holds: of 50 MB. Too short a pass to tell the rate of the wire, not so what is carried.
      expect(meter.measure(carried(3, 2500, 150, 540)).lineRateBytesPerSecond).toBeCloseTo(120 * MB);
    }
  });

  test('two boundaries at one instant give no rate instead of an infinite one', () => {
    const meter = new PassMeter();
    meter.measure(boundary(1, 10, 0, 537 * MB));
    expect(meter.measure(boundary(2, 10, 0, 100 * MB)).pauseForecastMs).toBeUndefined();
  });
});

describe('what a pass left unsent', () => {
  /** A second pass that began with 60 MB dirty and sent so much in 0.9 s. */
  function unsentAfter(sentMB: number, limitMs: number): number {
    const meter = new PassMeter();
    meter.measure(boundary(1, 0, 0, 537 * MB));
    meter.measure(boundary(2, 4000, 240 * MB, 60 * MB));
    const measured = meter.measure(boundary(3, 4900, (240 + sentMB) * MB, 30 * MB));
    if (!measured.ended) throw new Error('a pass has ended');
    return mostUnsentBytes(measured, measured.ended, limitMs);
  }

  test('is at the most what its limit has room for', () =>
    expect(unsentAfter(30, 300)).toBeCloseTo(0.3 * (270 / 4.9) * MB, -5));

  test('is no more than it began with and did not send, since it ends at a look that may come later', () =>
    expect(unsentAfter(54, 300) / MB).toBeCloseTo(60 - 54 / (4104 / 4096), 6));
});
