import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forecast } from '../policy/forecast.ts';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { relaxed, stock } from '../policy/stock.ts';
import { pauseRequestOf } from './pause-request.ts';
import { startOptionsOf } from './start-options.ts';

const switchover = {
  action: 'switchover',
  acceptedPauseMs: 2000,
  lineRateBytesPerSecond: 60e6,
  fixedCostMs: 450,
  reason: '',
} as const;

test('what was decided with is what is set (B9)', () =>
  expect(pauseRequestOf(switchover, 5000)).toEqual({
    ...{ pauseMs: 2000, fixedCostMs: 450, lineRateBytesPerSecond: 60e6 },
  }));

test("another system's limit is set as it is, unless the switchover's cost takes the pause over the user's", () => {
  const limit = { action: 'set-downtime-limit', downtimeLimitMs: 900, asIs: true, reason: '' } as const;
  expect(pauseRequestOf(limit, 5000)).toMatchObject({ pauseMs: 900, asIs: true });
  expect(pauseRequestOf(limit, 920)).toEqual({
    ...{ pauseMs: 870, fixedCostMs: 50, lineRateBytesPerSecond: undefined },
  });
});

test('never more than --max-downtime', () => {
  const ms = fc.double({ min: 0, max: 1e7, noNaN: true });
  fc.assert(
    fc.property(ms, ms, fc.integer({ min: 1, max: 100_000 }), (acceptedPauseMs, fixedCostMs, max) => {
      const { pauseMs } = pauseRequestOf({ ...switchover, acceptedPauseMs, fixedCostMs }, max);
      expect(pauseMs).toBeLessThanOrEqual(max);
    }),
  );
});

describe('the limit at the start', () => {
  const start = (kind: typeof stock, maxDowntimeMs: number) => {
    const downtimeMs = Math.min(300, maxDowntimeMs);
    const { downtimeLimitMs, fixedCostMs } = startOptionsOf(
      kind,
      { ...DEFAULT_LIMITS, downtimeMs, maxDowntimeMs },
      false,
    );
    return { downtimeLimitMs, fixedCostMs };
  };

  test('includes the fixed cost (B1)', () => {
    expect(start(forecast(), 5000)).toEqual({ downtimeLimitMs: 300, fixedCostMs: 50 });
    expect(start(forecast(), 300)).toEqual({ downtimeLimitMs: 250, fixedCostMs: 50 });
    expect(start(forecast(), 50)).toEqual({ downtimeLimitMs: 50, fixedCostMs: 20 });
  });

  test("stock QEMU's is as it is where the user's limit has room for it", () => {
    expect(start(stock, 5000)).toEqual({ downtimeLimitMs: 300, fixedCostMs: 0 });
    expect(start(stock, 300)).toEqual({ downtimeLimitMs: 250, fixedCostMs: 50 });
    expect(start(relaxed, 5000)).toEqual({ downtimeLimitMs: 4950, fixedCostMs: 50 });
  });
});
