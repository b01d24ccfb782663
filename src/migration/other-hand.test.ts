import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { OtherHand, type OtherHandParts } from './other-hand.ts';

const CONFIGURED = { ...DEFAULT_LIMITS, maxDowntimeMs: 4000 };
const hand = (given: Partial<OtherHandParts> = {}) =>
  new OtherHand({
    configured: CONFIGURED,
    underHis: (limitMs) => ({ ...CONFIGURED, downtimeMs: limitMs, maxDowntimeMs: limitMs }),
    ...{ insist: undefined, ramps: undefined, foundMs: undefined, ...given },
  });
const longest = (other: OtherHand, ...setMs: number[]) =>
  setMs.map((ms) => other.sees(ms).limits.maxDowntimeMs);

describe('a manager that nobody knows', () => {
  test('means what he sets, until he raises it: then the configured limits hold', () => {
    const other = hand({ foundMs: 50 });
    expect(other.limits.maxDowntimeMs).toBe(50);
    expect(other.sees(95)).toMatchObject({ insists: true, limits: CONFIGURED });
    expect(longest(other, 140, 140, 500)).toEqual([4000, 4000, 4000]);
  });

  test('means what he sets once, before we came or after', () => {
    expect(hand({ foundMs: 700 }).limits.maxDowntimeMs).toBe(700);
    const other = hand();
    expect(other.limits.maxDowntimeMs).toBe(4000);
    expect(other.sees(1000)).toMatchObject({ insists: false, limits: { maxDowntimeMs: 1000 } });
  });

  test('means a limit that he lowers, for good', () => {
    const other = hand();
    expect(longest(other, 50, 95, 60, 80)).toEqual([50, 4000, 60, 80]);
    expect(other.sees(90).words).toMatch(/lowers it/);
  });
});

test('a manager that is known to raise his limit only is not waited for', () => {
  const other = hand({ foundMs: 50, ramps: 'OpenStack Nova' });
  expect(other.limits).toBe(CONFIGURED);
  expect(other.sees(50)).toMatchObject({ insists: true, limits: CONFIGURED });
  expect(other.sees(95).words).toBe(
    'OpenStack Nova only raises it step by step, so 4 s stays the longest allowed',
  );
  expect(longest(other, 40)).toEqual([40]);
});

test('the configuration goes before what he shows', () => {
  expect(longest(hand({ insist: true }), 50, 95)).toEqual([4000, 4000]);
  expect(hand({ insist: true, foundMs: 50 }).limits).toBe(CONFIGURED);
  expect(longest(hand({ insist: true }), 95, 50)).toEqual([4000, 50]);
  expect(longest(hand({ insist: false, ramps: 'oVirt' }), 50, 95)).toEqual([50, 95]);
});
