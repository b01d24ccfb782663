import { expect, test } from 'vitest';
import type { AuditEntry } from '../api-types.ts';
import { foundIn, rowsOf } from './audit.ts';

let second = 0;
const entry = (given: Partial<AuditEntry>): AuditEntry => {
  second += 1;
  return {
    time: new Date(Date.UTC(2026, 10, 29, 14, 0, second)).toISOString(),
    ...{ who: 'ops', role: 'operate', from: '10.0.0.5', did: 'cancel', migration: 'm1', asked: {} },
    ...{ reason: null, cameTo: 'done' },
    ...given,
  };
};
const START = { did: 'start', migration: null, asked: { vm: 'db', destination: 'h2', maxDowntimeMs: 2000 } };

test('what was asked and what it came to is one row, at the time when it was asked', () => {
  const asked = entry({ ...START, cameTo: 'asked' });
  const done = entry({ ...START, migration: 'm7', cameTo: 'done' });
  const rows = rowsOf([done, asked]);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({
    ...{ time: asked.time, who: 'ops', did: 'started', migration: 'm7' },
    asked: [
      ['VM', 'db'],
      ['destination', 'h2'],
      ['longest pause', '2.00 s'],
    ],
    cameTo: { words: 'done', tone: 'good' },
  });
});

test('two acts that are alike stay two, the newest first', () => {
  const [first, firstEnd, then, thenEnd] = [
    entry({ cameTo: 'asked' }),
    entry({ cameTo: 'too-late' }),
    entry({ cameTo: 'asked' }),
    entry({ cameTo: 'done' }),
  ];
  const rows = rowsOf([thenEnd, then, firstEnd, first]);
  expect(rows.map(({ time, cameTo }) => [time, cameTo.words])).toEqual([
    [then?.time, 'done'],
    [first?.time, 'too late'],
  ]);
});

test('what was asked and has no end is told as that', () =>
  expect(rowsOf([entry({ cameTo: 'asked' })])[0]?.cameTo).toEqual({ words: 'asked', tone: 'moving' }));

test('a change is told from what to what', () => {
  const asked = { before: { downtimeMs: 300, maxDowntimeMs: 2000 }, after: { maxDowntimeMs: 4000 } };
  expect(rowsOf([entry({ did: 'limits', asked })])[0]).toMatchObject({
    did: 'changed limits',
    asked: [['longest pause', '2.00 s → 4.00 s']],
  });
});

test('every word of a search has to be there', () => {
  const rows = rowsOf([entry({ reason: 'maintenance of rack 2' }), entry({ who: 'ci', from: null })]);
  const found = (q: string) => foundIn(rows, q).map(({ who }) => who);
  expect(found('')).toEqual(['ops', 'ci']);
  expect(found('Rack ops')).toEqual(['ops']);
  expect(found('rack ci')).toEqual([]);
  expect(found('socket')).toEqual(['ci']);
});
