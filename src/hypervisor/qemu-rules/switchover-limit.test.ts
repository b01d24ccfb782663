import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PauseRequest } from '../hypervisor.ts';
import { featuresOf } from './features.ts';
import { downtimeLimitMs, fastestUnderCap, pauseParameters } from './switchover-limit.ts';

const MB = 1e6;
const FIXED_COST_MS = 50;
const uncapped = { lineRateStated: false, passCapBytesPerSecond: undefined };

function pause(pauseMs: number, lineRateBytesPerSecond?: number, fixedCostMs = FIXED_COST_MS): PauseRequest {
  return { pauseMs, fixedCostMs, lineRateBytesPerSecond };
}

test('what is sent while the guest stands is the pause without its fixed cost', () => {
  expect(downtimeLimitMs(pause(300), uncapped)).toBe(250);
  expect(downtimeLimitMs(pause(300.9), uncapped)).toBe(250);
  expect(downtimeLimitMs(pause(1000, undefined, 450), uncapped)).toBe(550);
});

test("another system's limit is set as it is", () =>
  expect(
    downtimeLimitMs({ ...pause(300, 60 * MB), asIs: true }, { ...uncapped, passCapBytesPerSecond: 20 * MB }),
  ).toBe(300));

test('QEMU counts with the capped rate, so the limit grows by what the line carries beyond it', () => {
  const capped = { lineRateStated: false, passCapBytesPerSecond: 20 * MB };
  expect(downtimeLimitMs(pause(1050, 60 * MB), capped)).toBe(3000);
});

test('several connections go beyond their cap by a packet each in each window, which the limit has to leave room for', () => {
  expect(fastestUnderCap(undefined, 2)).toBeUndefined();
  expect(fastestUnderCap(20 * MB, undefined)).toBe(20 * MB);
  // Measured: 29 MB/s.
  expect(fastestUnderCap(20 * MB, 2)).toBeCloseTo(30.5 * MB, -5);
});

test('QEMU measures the wire and counts memory, so the limit grows by what is compressed', () => {
  const compressed = { ...pause(1050, 240 * MB), perWireByte: 4 };
  expect(downtimeLimitMs(compressed, uncapped)).toBe(4000);
  expect(downtimeLimitMs(compressed, { lineRateStated: false, passCapBytesPerSecond: 20 * MB })).toBe(12_000);
  expect(downtimeLimitMs(compressed, { lineRateStated: true, passCapBytesPerSecond: undefined })).toBe(1000);
});

test.each([
  ['QEMU was told the line rate', true, 20 * MB, 60 * MB],
  ['nothing is capped', false, undefined, 60 * MB],
  ['the line rate is not known', false, 20 * MB, undefined],
  ['the cap is above the line', false, 70 * MB, 60 * MB],
])('it is not scaled when %s', (_, lineRateStated, passCapBytesPerSecond, lineRate) => {
  expect(downtimeLimitMs(pause(1050, lineRate), { lineRateStated, passCapBytesPerSecond })).toBe(1000);
});

test('the line rate is stated where QEMU takes it, whatever the cap', () => {
  const request = pause(1050, 60 * MB);
  const parameters = (major: number) =>
    pauseParameters(request, featuresOf({ major, minor: 0, micro: 0, package: '' }), 20 * MB);
  expect(parameters(10)).toEqual({ 'downtime-limit': 1000, 'avail-switchover-bandwidth': 60 * MB });
  expect(parameters(7)).toEqual({ 'downtime-limit': 3000 });
});

test('QEMU takes it, whatever is asked for', () => {
  const rate = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: undefined });
  const ms = fc.double({ min: 0, noNaN: true });
  fc.assert(
    fc.property(ms, ms, rate, rate, fc.boolean(), (pauseMs, fixedCostMs, lineRate, cap, lineRateStated) => {
      const limit = downtimeLimitMs(pause(pauseMs, lineRate, fixedCostMs), {
        lineRateStated,
        passCapBytesPerSecond: cap,
      });
      expect(Number.isInteger(limit)).toBe(true);
      expect(limit).toBeGreaterThanOrEqual(1);
      expect(limit).toBeLessThanOrEqual(2_000_000);
    }),
  );
});

test('QEMU never stops with more than the accepted pause moves: for every cap, line, version and stall (B8)', () => {
  const rate = fc.double({ min: 1 * MB, max: 1e11, noNaN: true });
  fc.assert(
    fc.property(
      rate,
      fc.option(rate, { nil: undefined }),
      fc.constantFrom(4, 7, 8, 9, 10, 11),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 50, max: 1_000_000 }),
      fc.integer({ min: 0, max: 1000 }),
      (lineRate, cap, major, stall, pauseMs, fixedCostMs) => {
        const features = featuresOf({ major, minor: 2, micro: 0, package: '' });
        const parameters = pauseParameters(pause(pauseMs, lineRate, fixedCostMs), features, cap);
        // What QEMU measured over its last window, part of which a sync may have held up.
        const measured = Math.min(lineRate, cap ?? lineRate) * (1 - stall);
        const countedWith = parameters['avail-switchover-bandwidth'] ?? measured;
        const stopsWithBytes = (countedWith / 1000) * (parameters['downtime-limit'] ?? Number.NaN);
        const movableBytes = (lineRate / 1000) * Math.max(1, pauseMs - fixedCostMs);
        // One ms is the shortest limit, and the stated rate is rounded to whole bytes.
        expect(stopsWithBytes).toBeLessThanOrEqual(movableBytes * (1 + 1e-6));
      },
    ),
  );
});
