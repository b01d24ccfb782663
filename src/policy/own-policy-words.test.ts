import { expect, test } from 'vitest';
import { OWN_POLICIES } from './own-policies.ts';
import { OWN_POLICY_WORDS, peerRefusal } from './own-policy-words.ts';

test('help says of our policies what they say themselves', () => {
  const own = Object.entries(OWN_POLICIES).map(([name, { summary, parameters }]) => [
    name,
    { summary, parameters },
  ]);
  // As lists: help follows the order too.
  expect(Object.entries(OWN_POLICY_WORDS)).toEqual(own);
});

test('a peer is refused with where it can be tried', () => {
  expect(peerRefusal('nova')).toBe(
    'nova is the rule of another system, to compare with: a migration takes forecast, mp, relaxed or stock; try nova with `switchover simulate` or `switchover replay`',
  );
});

test('a parameter that is wrong is called by its own name', () => {
  const build = (given: Record<string, string>) => () => OWN_POLICIES['forecast']?.build(given);
  expect(build({ 'brown-out-price': '-1' })).toThrow('brown-out-price: "-1" is not a number above zero');
  expect(build({ 'exchange-rate': 'x' })).toThrow('exchange-rate: "x" is not a number above zero');
});
