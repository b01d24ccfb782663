import { describe, expect, test } from 'vitest';
import { DirtyCurve } from '../model/dirty-curve.ts';
import { exactly } from '../model/interval.ts';
import { PassMeter } from '../model/passes.ts';
import { asThePassTold, type GuestAndLink, whenOverBudget } from './over-budget.ts';
import { DEFAULT_LIMITS, type Limits } from './policy.ts';

const MB = 1e6;

function known(restMB: number, ...points: [durationMs: number, megabytes: number][]): GuestAndLink {
  let curve = DirtyCurve.unobserved(50_000 * MB);
  for (const [durationMs, megabytes] of points)
    curve = curve.observe({ durationMs, bytes: megabytes * MB }).curve;
  return {
    restBytes: restMB * MB,
    preCopy: { curve, bandwidth: exactly(60 * MB) },
    cost: { lineRate: exactly(60 * MB), fixedCostMs: exactly(50) },
  };
}

function decide(limits: Partial<Limits>, about: GuestAndLink | undefined = known(133, [2200, 133])) {
  return whenOverBudget({
    limits: { ...DEFAULT_LIMITS, maxDowntimeMs: 500, ...limits },
    neededPauseMs: 2300,
    reason: 'memory-intensive: 2.3 s are needed',
    known: about,
  });
}

describe('what the user asked for is done', () => {
  test.each([
    ['abort', { action: 'abort', neededPauseMs: 2300, reason: 'memory-intensive: 2.3 s are needed' }],
    ['post-copy', { action: 'post-copy' }],
    ['leave', { action: 'continue' }],
    ['brake', { action: 'throttle', throttlePercent: 99 }],
  ] as const)('%s', (overBudget, decision) =>
    expect(decide({ overBudget })).toMatchObject({ memoryIntensive: true, ...decision }),
  );
});

describe('brake', () => {
  test('no stronger than the model proves to be enough', () => {
    const decision = decide({ overBudget: 'brake' }, known(133, [500, 10], [2200, 20]));
    expect(decision).toMatchObject({ action: 'throttle', reason: expect.stringContaining('is enough') });
    expect(decision.action === 'throttle' && decision.throttlePercent).toBeLessThan(10);
  });

  test('as hard as can be where nothing is known, and where too little is', () => {
    const nothing = { limits: { ...DEFAULT_LIMITS, overBudget: 'brake' as const } };
    expect(
      whenOverBudget({ ...nothing, neededPauseMs: undefined, reason: '', known: undefined }),
    ).toMatchObject({ throttlePercent: 99 });
    expect(decide({ overBudget: 'brake' }).reason).toContain('may be enough: about 2.');
  });

  test('gives up where the rest takes longer to send than the brake may last', () =>
    expect(decide({ overBudget: 'brake', brakeForMs: 5000 }, known(1200, [20_000, 1200]))).toMatchObject({
      action: 'abort',
      neededPauseMs: 2300,
      reason: expect.stringMatching(/would have to hold for 18\.\d s, longer than --brake-for 5 s/),
    }));

  test('gives up where no brake is enough', () =>
    expect(decide({ overBudget: 'brake', maxDowntimeMs: 40 })).toMatchObject({
      action: 'abort',
      reason: expect.stringContaining('99 % would not make it fit either'),
    }));
});

test('a brake is told what a switchover costs, where that is known', () => {
  const over = { limits: { ...DEFAULT_LIMITS, overBudget: 'brake' as const }, neededPauseMs: 1, reason: '' };
  expect(whenOverBudget({ ...over, known: undefined, fixedCostMs: 210 })).toMatchObject({ fixedCostMs: 210 });
  expect(whenOverBudget({ ...over, known: undefined })).not.toHaveProperty('fixedCostMs');
});

test('what a pass told is its own rates', () => {
  const meter = new PassMeter();
  const common = { kind: 'boundary', totalBytes: 537 * MB } as const;
  meter.measure({ ...common, pass: 1, atMs: 0, sentBytes: 0, remainingBytes: 537 * MB });
  const boundary = meter.measure({
    ...{ ...common, pass: 2, atMs: 4000, sentBytes: 240 * MB, remainingBytes: 133 * MB },
  });
  const told = asThePassTold(boundary);
  expect(told).toMatchObject({ restBytes: 133 * MB, cost: { lineRate: exactly(60 * MB) } });
  expect(told?.preCopy.curve.restsOn).toEqual([{ durationMs: 4000, bytes: 133 * MB }]);
  expect(asThePassTold({ ...boundary, ended: undefined })).toBeUndefined();
});
