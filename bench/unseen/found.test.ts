/** What unseen guests have shown, each with the seed that did, so that it stays mended. */
import { describe, expect, test } from 'vitest';
import { forecast } from '../../src/policy/forecast.ts';
import { runOne } from '../../src/simulate/run-one.ts';
import { unseenGuest } from './guest.ts';
import { LIMITS } from './rules.ts';

// It was called sure to come within --downtime by itself, boundary after boundary, for minutes.
describe('a guest that stays just above what fits is brought over by forecast', () => {
  test.each([
    [175, 4],
    [210, 12],
    [927, 12],
  ])('seed %i, within %i s', async (seed, seconds) => {
    const outcome = await runOne(unseenGuest(seed).scenario, forecast(), LIMITS);
    expect(outcome.outcome).toBe('completed');
    expect(outcome.totalMs).toBeLessThan(1000 * seconds);
    expect(outcome.pauseMs).toBeLessThan(1000);
  });
});
