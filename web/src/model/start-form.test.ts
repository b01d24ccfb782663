import { expect, test } from 'vitest';
import { EMPTY_FORM, formOfWayOut, isWrong, planRequestOf, startRequestOf } from './start-form.ts';

const FORM = { ...EMPTY_FORM, vm: ' db1 ', destination: 'qemu+ssh://host2/system', reason: 'rack 2' };

test('what is empty is left out, for the service has its own settings', () => {
  expect(startRequestOf(FORM)).toEqual({
    ...{ vm: 'db1', destination: 'qemu+ssh://host2/system', reason: 'rack 2' },
  });
  // A plan is written down nowhere, and may be made before there is a destination.
  expect(planRequestOf({ ...FORM, destination: ' ' })).toEqual({ vm: 'db1' });
});

test('figures are sent without their units', () => {
  const form = { ...FORM, maxDowntime: '2s', bandwidth: '8gbit', lineRate: '10gbit', timeout: '30m' };
  expect(planRequestOf(form)).toMatchObject({
    ...{
      maxDowntimeMs: 2000,
      bandwidthBytesPerSecond: 1e9,
      lineRateBytesPerSecond: 1.25e9,
      timeoutMs: 1_800_000,
    },
  });
  expect(isWrong(form)).toBe(false);
  expect(isWrong({ ...form, timeout: 'soon' })).toBe(true);
});

test.each([
  ['--max-downtime 3.1s', { maxDowntime: '3.1s' }],
  ['--over-budget brake', { overBudget: 'brake' }],
  ['--policy mp', { policy: 'mp' }],
  ['no --bandwidth', { bandwidth: '' }],
  ['a line of 6.7gbit', undefined],
])('the way out %s is written into the form as %j', (option, changes) =>
  expect(formOfWayOut(option)).toEqual(changes),
);
