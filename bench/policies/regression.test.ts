import { expect, test } from 'vitest';
import { compare } from './comparison.ts';
import { regressions } from './regression.ts';
import { record, result } from './testing/records.ts';

const committed = compare(
  result([5900, 6000, 6100].map((totalMs, index) => record({ repeat: index + 1, totalMs, probeMs: 0 }))),
);
const now = (what: Parameters<typeof record>[0]) => compare(result([record({ probeMs: 0, ...what })]));
const worse = (what: Parameters<typeof record>[0]) =>
  regressions(now(what), committed).flatMap(({ name, worse: bad }) => (bad ? [name] : []));

test('the same again is no regression, and neither is a better figure', () => {
  expect(worse({})).toEqual([]);
  expect(worse({ totalMs: 3000, sentBytes: 100e6, pauseMs: 100 })).toEqual([]);
});

test('what is worse by more than 15 % is named', () => {
  expect(worse({ totalMs: 6800 })).toEqual([]);
  expect(worse({ totalMs: 7000 })).toEqual(['loop, forecast: total time']);
  expect(worse({ sentBytes: 410e6 })).toEqual(['loop, forecast: data']);
  expect(worse({ pauseMs: 2900 })).toEqual(['loop, forecast: pause']);
});

test('where the committed runs differ much, more is allowed', () => {
  const noisy = compare(
    result([5000, 6000, 7000].map((totalMs, index) => record({ repeat: index + 1, totalMs, probeMs: 0 }))),
  );
  expect(regressions(now({ totalMs: 11_000 }), noisy).filter((each) => each.worse)).toEqual([]);
  expect(regressions(now({ totalMs: 12_500 }), noisy).filter((each) => each.worse)).toHaveLength(1);
});

test('one that does not arrive any more is named', () => {
  expect(worse({ success: false, outcome: 'aborted' })).toEqual(['loop, forecast: arrived']);
});

test('who never arrived is not compared', () => {
  const failed = compare(result([record({ success: false })]));
  expect(regressions(now({}), failed)).toEqual([]);
});
