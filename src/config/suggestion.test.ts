import { expect, test } from 'vitest';
import { suggestion } from './suggestion.ts';

const KNOWN = ['downtime', 'max-downtime', 'timeout', 'stall-timeout'];

test.each([
  ['max_downtime', 'max-downtime'],
  ['maxDowntime', 'max-downtime'],
  ['donwtime', 'downtime'],
  ['time-out', 'timeout'],
  ['bogus', undefined],
  ['x', undefined],
])('%s: %s', (given, meant) => {
  expect(suggestion(given, KNOWN)).toBe(meant);
});
