import { expect, test } from 'vitest';
import { parseDurationMs } from '../../src/model/units.ts';
import { PEERS } from '../../src/policy/peers/peers.ts';
import { choosePolicy } from '../../src/policy/policies.ts';
import { DEFAULT_LIMITS } from '../../src/policy/policy.ts';
import { CONTENDERS } from './contenders.ts';

const RELAXED = { limitMs: 2400, pauseMs: 2500 };

/** What follows an option, each time that it is given. */
function given(args: readonly string[], option: string): string[] {
  return args.flatMap((arg, index) => (args[index - 1] === option ? [arg] : []));
}

test('every peer is tried, by its own defaults', () => {
  const ids = CONTENDERS.map(({ id }) => id);
  expect(Object.keys(PEERS).filter((name) => !ids.includes(name))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

test.each(CONTENDERS.map((each) => [each.id, each] as const))(
  '%s is told what it takes',
  (_id, contender) => {
    for (const relaxed of [RELAXED, { limitMs: 100, pauseMs: 100 }]) {
      const args = contender.args(relaxed);
      const parameters = Object.fromEntries(given(args, '--policy-option').map((text) => text.split('=', 2)));
      const [policy = ''] = given(args, '--policy');
      const kind = choosePolicy(policy, parameters);
      const [maxMs = DEFAULT_LIMITS.maxDowntimeMs] = given(args, '--max-downtime').map(parseDurationMs);
      const [downtimeMs = DEFAULT_LIMITS.downtimeMs] = given(args, '--downtime').map(parseDurationMs);
      expect(downtimeMs).toBeLessThanOrEqual(maxMs);
      const limits = { ...DEFAULT_LIMITS, downtimeMs, maxDowntimeMs: maxMs };
      expect(kind.begin(limits).initialDowntimeLimitMs).toBeLessThanOrEqual(maxMs);
      if (contender.samePause && contender.id !== 'relaxed') expect(maxMs).toBe(relaxed.pauseMs);
    }
  },
);

test('relaxed is QEMU with one limit from the start', () => {
  const relaxed = CONTENDERS.find(({ id }) => id === 'relaxed');
  expect(given(relaxed?.args(RELAXED) ?? [], '--downtime')).toEqual(['2400ms']);
});
