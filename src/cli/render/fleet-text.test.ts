import { expect, test } from 'vitest';
import { fleetText } from './fleet-text.ts';
import { resultFor } from './testing/fleet-result.ts';

test('a fleet: a table, a plot of those that arrived, and what the rules were started with', () => {
  const text = fleetText([
    resultFor('mp', { completed: 999, pauseMs: 1000 }),
    resultFor('proxmox', { completed: 500, pauseMs: 10, startedWith: ['auto-converge'] }),
    resultFor('stock', { completed: 0 }),
  ]);
  expect(text.split('\n')).toEqual([
    'POLICY    ARRIVED      TOTAL  (P95)  SENT  (P95)   PAUSE  (P95)  LONGEST',
    'mp        999 of 1000  10 s   20 s   1 GB  1.3 GB  1 s    2 s    3 s',
    'proxmox*  500 of 1000  10 s   20 s   1 GB  1.3 GB  10 ms  20 ms  30 ms',
    'stock     0 of 1000    -      -      -     -       -      -      -',
    '',
    'POLICY    ARRIVED         TOTAL 5 s        20 s  PAUSE 5 ms        2 s',
    'mp        [=========== ]  -----=====|=====-----                 --=|=-',
    'proxmox*  [======      ]  -----=====|=====-----  -=|=--',
    'stock     [            ]',
    '--==|==-- from the 5th to the 95th percentile, the middle half, the median; scales are logarithmic',
    '',
    "* started with auto-converge, as its system does: the guest's CPUs are slowed down",
  ]);
});

test('one migration has no distribution to draw', () => {
  const text = fleetText([resultFor('mp', { migrations: 1, completed: 1, pauseMs: 10 })]);
  expect(text.split('\n')).toHaveLength(2);
  expect(text).toContain('yes');
});
