import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SWITCHOVER_FIXED_COST_MS } from '../../model/passes.ts';
import { downtimeLimitMs } from './switchover-limit.ts';

const MB = 1e6;
const uncapped = { lineRateStated: false, cappedPassRate: undefined };
const pause = (pauseMs: number, lineRateBytesPerSecond?: number) => ({ pauseMs, lineRateBytesPerSecond });

test('what is sent while the guest stands is the pause without its fixed cost', () => {
  expect(downtimeLimitMs(pause(300), uncapped)).toBe(300 - SWITCHOVER_FIXED_COST_MS);
  expect(downtimeLimitMs(pause(300.9), uncapped)).toBe(300 - SWITCHOVER_FIXED_COST_MS);
});

test('QEMU counts with the capped rate, so the limit grows by what the line carries beyond it', () => {
  const capped = { lineRateStated: false, cappedPassRate: 20 * MB };
  expect(downtimeLimitMs(pause(1000 + SWITCHOVER_FIXED_COST_MS, 60 * MB), capped)).toBe(3000);
});

test.each([
  ['QEMU was told the line rate', true, 20 * MB, 60 * MB],
  ['nothing is capped', false, undefined, 60 * MB],
  ['the line rate is not known', false, 20 * MB, undefined],
  ['the passes are as fast as the line', false, 70 * MB, 60 * MB],
])('it is not scaled when %s', (_, lineRateStated, cappedPassRate, lineRate) => {
  const limit = downtimeLimitMs(pause(1000 + SWITCHOVER_FIXED_COST_MS, lineRate), {
    lineRateStated,
    cappedPassRate,
  });
  expect(limit).toBe(1000);
});

test('QEMU takes it, whatever is asked for', () => {
  const rate = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: undefined });
  fc.assert(
    fc.property(
      fc.double({ min: 0, noNaN: true }),
      rate,
      rate,
      fc.boolean(),
      (pauseMs, lineRate, cappedPassRate, lineRateStated) => {
        const limit = downtimeLimitMs(pause(pauseMs, lineRate), { lineRateStated, cappedPassRate });
        expect(Number.isInteger(limit)).toBe(true);
        expect(limit).toBeGreaterThanOrEqual(1);
        expect(limit).toBeLessThanOrEqual(2_000_000);
      },
    ),
  );
});
