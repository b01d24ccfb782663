import type { PolicyKind } from '../../src/policy/policy.ts';

/** Switches over at the end of the first pass, whatever that costs. */
export function early(acceptedPauseMs: number): PolicyKind {
  return {
    name: 'early',
    summary: 'switches over at the first chance',
    begin: () => ({
      initialDowntimeLimitMs: 300,
      observe: (observation) =>
        observation.kind === 'boundary' && observation.pass >= 2
          ? {
              action: 'switchover',
              acceptedPauseMs,
              lineRateBytesPerSecond: undefined,
              fixedCostMs: 50,
              reason: 'the first chance',
            }
          : { action: 'continue', reason: 'not yet' },
    }),
  };
}
