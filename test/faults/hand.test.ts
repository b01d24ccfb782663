import { expect, test } from 'vitest';
import { handIn } from './hand.ts';

test.each([
  [
    'as soon as qmp:/run/d answers again, run `switchover attach qmp:/run/s --to qmp:/run/d`',
    { type: 'attach', words: ['attach', 'qmp:/run/s', '--to', 'qmp:/run/d'] },
  ],
  ['make sure that the destination is off, then `cont` on the source', { type: 'cont', side: 'source' }],
  ['then resume the destination (`cont`, or `virsh resume`)', { type: 'cont', side: 'destination' }],
  ['look at both and resume one (`cont`, or `virsh resume`)', undefined],
  ['look for the guest there', undefined],
])('%s', (text, hand) => {
  expect(handIn(text)).toEqual(hand);
});
