import { expect, test } from 'vitest';
import { frs } from './frs.ts';
import { choosePolicy, POLICIES, PolicyError } from './policies.ts';
import { DEFAULT_LIMITS } from './policy.ts';
import { SIMULATED_POLICIES } from './simulated-policies.ts';

test('only the simulator knows it; whoever asks for it elsewhere is told so', () => {
  expect(SIMULATED_POLICIES).toMatchObject({ ...POLICIES, frs });
  expect(POLICIES).not.toHaveProperty('frs');
  expect(() => choosePolicy('frs')).toThrow(PolicyError);
  expect(() => choosePolicy('frs')).toThrow(/no QEMU takes an order: it is for `switchover simulate` only/);
});

test('when to stop stays QEMU’s own rule: it never acts', () => {
  const policy = choosePolicy('frs', {}, SIMULATED_POLICIES).begin(DEFAULT_LIMITS);
  expect(policy.initialDowntimeLimitMs).toBe(DEFAULT_LIMITS.downtimeMs);
  const tick = {
    kind: 'tick',
    atMs: 1e7,
    pass: 99,
    sentBytes: 1e12,
    remainingBytes: 1e9,
    totalBytes: 2e9,
  } as const;
  expect(policy.observe({ ...tick, throttlePercent: 0 }).action).toBe('continue');
});
