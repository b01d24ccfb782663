import { expect, test } from 'vitest';
import { bestPeerFor, compare, oracleFor } from './comparison.ts';
import { heldAgainst } from './held-against.ts';
import { record, result } from './testing/records.ts';

const fixed = (limitMs: number, success: boolean, what = {}) =>
  record({ contender: `limit-${limitMs}`, stage: 'search', limitMs, success, probeMs: 0, ...what });

function only(...runs: Parameters<typeof result>[0]) {
  const [guest] = compare(result(runs));
  if (!guest) throw new Error('no guest');
  return guest;
}

test('relaxed is the smallest limit above all that failed, once the step below it has failed', () => {
  expect(only(fixed(2300, false), fixed(2400, true)).relaxedLimitMs).toBe(2400);
  expect(only(fixed(2200, false), fixed(2400, true)).relaxedLimitMs).toBeUndefined();
  expect(only(fixed(100, true)).relaxedLimitMs).toBe(100);
});

test('where the limit failed in the matrix, the row of relaxed is of the limit that took its place', () => {
  const guest = only(
    fixed(2300, false),
    record({ contender: 'relaxed', limitMs: 2400, repeat: 1 }),
    record({ contender: 'relaxed', limitMs: 2400, repeat: 2, success: false }),
    fixed(2500, true),
    fixed(2500, true, { stage: 'oracle', repeat: 2 }),
  );
  expect(guest.relaxedLimitMs).toBe(2500);
  expect(guest.rows.get('relaxed')).toMatchObject({ successes: 2, runs: 2 });
});

test('what was allowed a longer pause in the end is compared; what it did with the shorter one stays a row', () => {
  const told = (allowedPauseMs: number, what = {}) =>
    record({ contender: 'forecast=', allowedPauseMs, ...what });
  const guest = only(
    told(1600, { totalMs: 5000, pauseMs: 1500 }),
    told(2000, { repeat: 6 }),
    record({ contender: 'xen', totalMs: 9000 }),
  );
  expect(guest.allowedPauseMs).toBe(2000);
  expect(guest.rows.get('forecast=')).toMatchObject({ successes: 1, runs: 1 });
  expect(guest.rows.get('forecast= 1600 ms')?.totalMs?.median).toBe(5300);
  const ours = guest.rows.get('forecast=');
  if (!ours) throw new Error('no row');
  expect(bestPeerFor(ours, guest, new Set(['forecast=']))?.contender).toBe('xen');
});

test('time spent on probing is part of the total', () => {
  expect(only(record({ totalMs: 6000, probeMs: 300 })).rows.get('forecast')?.totalMs?.median).toBe(6300);
});

test('the oracle and the best peer pause no longer, and are the quickest of those', () => {
  const guest = only(
    record(),
    fixed(2400, true, { totalMs: 7000, pauseMs: 2300 }),
    fixed(2450, true, { totalMs: 6500, pauseMs: 2400 }),
    fixed(4000, true, { totalMs: 4000, pauseMs: 3500 }),
    record({ contender: 'xen', totalMs: 9000, probeMs: 0 }),
    record({ contender: 'nova', totalMs: 5000, pauseMs: 3000 }),
    record({ contender: 'incus', success: false }),
  );
  const ours = guest.rows.get('forecast');
  if (!ours) throw new Error('no row');
  expect(oracleFor(ours, guest)?.limitMs).toBe(2450);
  expect(bestPeerFor(ours, guest, new Set(['forecast']))?.contender).toBe('xen');
});

test('a policy that does not always arrive misses its goals, and is not left out', () => {
  const runs = [record({ success: false }), fixed(2400, true)];
  const held = heldAgainst(compare(result(runs)));
  expect(held.find(({ goal }) => goal.startsWith('forecast arrives'))).toMatchObject({
    value: 0,
    met: false,
  });
  expect(held.find(({ goal }) => goal === 'forecast: total time / oracle')).toMatchObject({ met: false });
});
