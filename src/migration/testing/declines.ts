import type { PolicyKind } from '../../policy/policy.ts';

/** A policy that knows before the start that its migration cannot be. */
export const DECLINES: PolicyKind = {
  name: 'never',
  summary: '',
  foresees: true,
  begin: () => ({
    initialDowntimeLimitMs: 300,
    beforeStart: () => ({ action: 'abort', reason: 'too much', neededPauseMs: 9000 }),
    observe: () => ({ action: 'continue', reason: '' }),
  }),
};
