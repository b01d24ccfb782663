import { describe, expect, test } from 'vitest';
import type { MeasuredBoundary, Tick } from '../model/observation.ts';
import { Braked } from './braked.ts';
import { DEFAULT_LIMITS, type Limits } from './policy.ts';

const MB = 1e6;
const LINK = 60 * MB;

function counters(atMs: number, leftMB: number) {
  return { atMs, pass: 5, sentBytes: atMs * 60_000, remainingBytes: leftMB * MB, totalBytes: 537 * MB };
}

function boundary(atMs: number, leftMB: number, throttlePercent = 99): MeasuredBoundary {
  return {
    ...{ kind: 'boundary', ...counters(atMs, leftMB), throttlePercent, ended: undefined },
    lineRateBytesPerSecond: LINK,
    pauseForecastMs: (leftMB * MB * 1000) / LINK + 50,
  };
}

function tick(atMs: number, leftMB: number, throttlePercent = 99): Tick {
  return { kind: 'tick', ...counters(atMs, leftMB), throttlePercent };
}

function braked(limits: Partial<Limits> = {}, throttlePercent = 99): Braked {
  const all = { ...DEFAULT_LIMITS, maxDowntimeMs: 500, overBudget: 'brake' as const, ...limits };
  return new Braked(all, { atMs: 1000, throttlePercent }, LINK);
}

describe('the downtime limit of a braked guest', () => {
  test('is low while a pass is sent, and what --max-downtime allows when 150 ms of it are left', () => {
    const policy = braked();
    expect(policy.observe(boundary(3000, 133))).toMatchObject({
      action: 'set-downtime-limit',
      downtimeLimitMs: 1,
    });
    expect(policy.observe(tick(4000, 60))).toMatchObject({ action: 'continue' });
    expect(policy.observe(tick(5000, 9.1))).toMatchObject({ action: 'continue' });
    expect(policy.observe(tick(5050, 8.9))).toMatchObject({
      action: 'set-downtime-limit',
      downtimeLimitMs: 350,
    });
    expect(policy.observe(tick(5100, 6))).toMatchObject({ action: 'continue' });
    // It did not fit: the next pass.
    expect(policy.observe(boundary(6000, 40))).toMatchObject({ downtimeLimitMs: 1 });
  });

  test('a pass that is nearly nothing may end it at once', () =>
    expect(braked().observe(boundary(3000, 5))).toMatchObject({ downtimeLimitMs: 350 }));

  test('is never below what --downtime says is always fine, nor above --max-downtime', () => {
    for (const [limits, expected] of [
      [{ maxDowntimeMs: 5000 }, 4500],
      [{ downtimeMs: 4700, maxDowntimeMs: 5000 }, 4700],
      [{ downtimeMs: 300, maxDowntimeMs: 200 }, 140],
    ] as const)
      expect(braked(limits).observe(boundary(3000, 1))).toMatchObject({ downtimeLimitMs: expected });
  });
});

test('what it allows is reckoned with the fixed cost that the asking policy knows, or with the one assumed', () => {
  const limits = { ...DEFAULT_LIMITS, maxDowntimeMs: 500, overBudget: 'brake' as const };
  const asked = { atMs: 1000, throttlePercent: 99 };
  for (const [fixedCostMs, expected] of [
    [210, 210],
    [undefined, 50],
  ])
    expect(new Braked(limits, { ...asked, fixedCostMs }, LINK).observe(boundary(3000, 1))).toMatchObject({
      downtimeLimitMs: 350,
      fixedCostMs: expected,
    });
});

test('a brake that was weaker becomes as strong as can be after one pass that it did not shrink enough', () => {
  const policy = braked({}, 80);
  policy.observe(boundary(3000, 133, 80));
  expect(policy.observe(tick(3250, 120, 80)).action).toBe('continue');
  expect(policy.observe(boundary(5000, 90, 80))).toMatchObject({ action: 'throttle', throttlePercent: 99 });
  expect(policy.observe(boundary(6000, 80, 80)).action).not.toBe('throttle');
});

test('one that is as strong as can be and left as much as before is asked for once more, and no oftener', () => {
  const policy = braked();
  policy.observe(tick(1250, 130));
  expect(policy.observe(boundary(3500, 125))).toMatchObject({ action: 'throttle', throttlePercent: 99 });
  expect(policy.observe(tick(3550, 122)).action).toBe('continue');
  expect(policy.observe(boundary(6000, 124)).action).not.toBe('throttle');

  const helped = braked();
  helped.observe(tick(1250, 130));
  expect(helped.observe(boundary(3500, 60)).action).not.toBe('throttle');
});

test('nor is it where what is left fits, however much that is of what the pass before left', () => {
  const policy = braked();
  policy.observe(tick(1250, 130));
  policy.observe(boundary(3500, 9));
  expect(policy.observe(boundary(3800, 8.9)).action).not.toBe('throttle');
});

describe('before it bites', () => {
  test('nothing changes, and 1 % is no brake', () => {
    const policy = braked();
    expect(policy.observe(tick(1250, 5, 1)).action).toBe('continue');
    expect(policy.observe(boundary(3000, 133, 1)).action).toBe('continue');
  });

  test('a guest that calms down by itself is moved', () =>
    expect(braked().observe(boundary(3000, 20, 0))).toMatchObject({
      action: 'switchover',
      acceptedPauseMs: 350,
    }));

  test('a hypervisor that never brakes is not waited for without end', () => {
    const policy = braked({ brakeForMs: 10_000 });
    const actions = [3000, 6000, 9000, 10_999, 11_000].map(
      (atMs) => policy.observe(boundary(atMs, 133, 0)).action,
    );
    expect(actions).toEqual(['continue', 'continue', 'continue', 'continue', 'abort']);
  });

  test('a sample between boundaries can be the first sign', () => {
    const policy = braked();
    expect(policy.observe(tick(3000, 100))).toMatchObject({ downtimeLimitMs: 1 });
    expect(policy.observe(tick(4000, 4))).toMatchObject({ downtimeLimitMs: 350 });
  });
});

describe('a brake that is to spare the guest a pause that is allowed', () => {
  function sparing(throttlePercent = 99): Braked {
    const limits = { ...DEFAULT_LIMITS, brake: 'when-it-pays' as const };
    const insteadOf = { pauseMs: 2283, exchangeRate: 5, brownOutPrice: 2 };
    return new Braked(limits, { atMs: 1000, throttlePercent, insteadOf }, LINK);
  }

  test('aims at the pause that is always fine, and brakes on as long as that helps', () => {
    const policy = sparing();
    expect(policy.observe(tick(1050, 130))).toMatchObject({ downtimeLimitMs: 1 });
    expect(policy.observe(tick(3000, 8))).toMatchObject({ downtimeLimitMs: 300 });
    expect(policy.observe(boundary(3100, 40))).toMatchObject({ downtimeLimitMs: 1 });
  });

  test('stops the guest as it is where another braked pass is not worth its brown-out', () => {
    const policy = sparing();
    policy.observe(tick(1050, 130));
    expect(policy.observe(boundary(3100, 70))).toMatchObject({
      action: 'switchover',
      acceptedPauseMs: 4850,
    });
    // Until it has.
    expect(policy.observe(tick(3150, 68)).action).toBe('continue');
  });

  test('gives nothing up where it does not bite', () => {
    const policy = sparing();
    const actions = [3000, 6000, 9000, 12_000].map((atMs) => policy.observe(boundary(atMs, 133, 0)).action);
    expect(actions).toEqual(['continue', 'continue', 'continue', 'switchover']);
  });
});
