import { expect, test } from 'vitest';
import { type CellSeen, problemsOf, type RunSeen } from './judge.ts';

const ARRIVED: RunSeen = {
  command: 'migrate',
  status: 0,
  runsOn: 'destination',
  said: 'migrated; the guest runs on the destination',
  goesOn: ['destination'],
  migration: 'completed',
  alive: ['source', 'destination'],
};
const STAYED: RunSeen = {
  ...ARRIVED,
  status: 4,
  runsOn: 'source',
  said: '',
  goesOn: ['source'],
  migration: 'failed',
};
const ASKED: RunSeen = { ...ARRIVED, status: 6, runsOn: 'unknown', said: '', goesOn: [] };

const GOOD: CellSeen = {
  cell: { side: 'destination', fault: 'lost', phase: 'later-pass' },
  migrate: ARRIVED,
  hand: undefined,
  bothRanMs: 0,
  twoConsoles: undefined,
  goesOnAtLast: ['destination'],
  diedWithTheGuest: false,
  unwatched: false,
  memoryProblem: undefined,
  followingProblem: undefined,
};
const KILLED: CellSeen['cell'] = { side: 'source', fault: 'killed', phase: 'pass-1' };

test.each<[string, Partial<CellSeen>]>([
  ['arrived', {}],
  ['stayed', { migrate: STAYED, goesOnAtLast: ['source'] }],
  ['arrived by the hand of attach', { migrate: ASKED, hand: { ...ARRIVED, command: 'attach' } }],
  ['arrived by cont', { migrate: ASKED, hand: 'cont' }],
  ['died with the source', { cell: KILLED, migrate: ASKED, hand: 'none-named', goesOnAtLast: [] }],
  [
    'died with the destination, where it had run',
    { migrate: ASKED, hand: 'none-named', goesOnAtLast: [], diedWithTheGuest: true },
  ],
])('a guest that %s is no problem', (_, seen) => {
  expect(problemsOf({ ...GOOD, ...seen })).toEqual([]);
});

test.each<[string, Partial<CellSeen>, RegExp]>([
  ['two QEMUs that ran it', { bothRanMs: 12 }, /both QEMUs ran the guest at once, for 12 ms/],
  ['two consoles', { twoConsoles: 'beats on both' }, /beats on both/],
  [
    'an exit status that names the wrong side',
    { migrate: { ...STAYED, goesOn: ['destination'] } },
    /exit status 4 \(runs on the source\), and the destination runs the guest/,
  ],
  [
    'an exit status for one side, and both run',
    { migrate: { ...ARRIVED, goesOn: ['source', 'destination'] } },
    /exit status 0 .* the source and the destination runs/,
  ],
  ['a document that says otherwise', { migrate: { ...ARRIVED, runsOn: 'source' } }, /says runsOn source/],
  [
    'a migration that goes on',
    { migrate: { ...STAYED, migration: 'active' }, goesOnAtLast: ['source'] },
    /and the migration goes on/,
  ],
  ['a switchover that hangs', { migrate: { ...ARRIVED, status: null } }, /did not end/],
  ['an unexpected end', { migrate: { ...ARRIVED, status: 1 } }, /ended with exit status 1/],
  [
    'a living process said to be dead',
    { migrate: { ...ASKED, said: "the source's process has ended" }, hand: 'cont' },
    /says that the source's process has ended, and it lives/,
  ],
  ['no hand', { migrate: ASKED, hand: 'none-named' }, /names no hand/],
  [
    'nobody in the end',
    { migrate: ASKED, hand: 'cont', goesOnAtLast: [] },
    /nobody runs the guest in the end/,
  ],
  ['a hand that lies', { migrate: ASKED, hand: { ...STAYED, goesOn: [] } }, /and nobody runs the guest/],
  [
    'a person asked for a brief fault',
    { cell: { ...GOOD.cell, fault: 'silent-3s' }, migrate: ASKED, hand: 'cont' },
    /over soon, and switchover asks for an operator/,
  ],
  [
    'a brief fault that ends the migration',
    { cell: { ...GOOD.cell, fault: 'lost-2s' }, migrate: STAYED, goesOnAtLast: ['source'] },
    /over soon, and the migration ended with exit status 4/,
  ],
  [
    'a part of a dead guest that is made to run',
    { cell: KILLED, migrate: ASKED, goesOnAtLast: ['destination'] },
    /died with the source, and a part of it runs on the destination/,
  ],
  [
    'a lost guest told to be there',
    { cell: KILLED, migrate: STAYED, goesOnAtLast: [] },
    /exit status 4 for a guest that is lost/,
  ],
  [
    'a migration left to itself',
    { migrate: ASKED, hand: 'cont', unwatched: true },
    /goes on that nobody watches/,
  ],
  ['lost memory', { memoryProblem: '3 pages are wrong' }, /3 pages are wrong/],
  ['what is left behind', { followingProblem: 'the following migrate' }, /the following migrate/],
])('%s is a problem', (_, seen, sentence) => {
  expect(problemsOf({ ...GOOD, ...seen })).toContainEqual(expect.stringMatching(sentence));
});
