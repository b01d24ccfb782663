import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixedCost } from '../model/fixed-cost.ts';
import { forecast } from '../policy/forecast.ts';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { relaxed, stock } from '../policy/stock.ts';
import { type Allowing, pauseRequestOf } from './pause-request.ts';
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
    ...{ pauseMs: 770, fixedCostMs: 50, lineRateBytesPerSecond: undefined },
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

test('what is asked for leaves room for the most that the fixed cost may be, whatever the policy reckoned with', () => {
  const ms = fc.double({ min: 0, max: 1e5, noNaN: true });
  const size = fc.record({
    memoryBytes: fc.double({ min: 2 ** 29, max: 2 ** 41, noNaN: true }),
    vcpus: fc.nat(256),
  });
  const action = fc.constantFrom('switchover', 'limit', 'as it is');
  fc.assert(
    fc.property(
      ms,
      fc.double({ min: 0, max: 1000, noNaN: true }),
      ms,
      size,
      action,
      (asked, own, max, of, which) => {
        const cost = FixedCost.of({ ...of, switchovers: [] });
        fc.pre(max >= (cost.ms.most + 10) / 0.6);
        const reckoned = { lineRateBytesPerSecond: undefined, fixedCostMs: own, reason: '' };
        const decision: Allowing =
          which === 'switchover'
            ? { action: 'switchover', acceptedPauseMs: asked, ...reckoned }
            : which === 'limit'
              ? { action: 'set-downtime-limit', downtimeLimitMs: asked, ...reckoned }
              : { action: 'set-downtime-limit', downtimeLimitMs: asked, asIs: true, reason: '' };
        const { pauseMs, fixedCostMs, asIs } = pauseRequestOf(decision, max, cost);
        const memoryMs = asIs ? pauseMs : Math.max(0, pauseMs - fixedCostMs);
        expect(memoryMs + cost.ms.most).toBeLessThanOrEqual(max + 1e-6);
      },
    ),
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
    expect(start(forecast(), 300)).toEqual({ downtimeLimitMs: 180, fixedCostMs: 50 });
    expect(start(forecast(), 50)).toEqual({ downtimeLimitMs: 50, fixedCostMs: 20 });
  });

  test("stock QEMU's is as it is where the user's limit has room for it", () => {
    expect(start(stock, 5000)).toEqual({ downtimeLimitMs: 300, fixedCostMs: 0 });
    expect(start(stock, 300)).toEqual({ downtimeLimitMs: 180, fixedCostMs: 50 });
    expect(start(relaxed, 5000)).toEqual({ downtimeLimitMs: 4850, fixedCostMs: 50 });
  });
});
