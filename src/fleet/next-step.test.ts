import { describe, expect, test } from 'vitest';
import { MOST_TRIES, retryDelayMs } from '../drain/failures.ts';
import { hasEnded, holdsClaims, type Move, type MoveState, mayFollow } from './move.ts';
import type { Failure, Located } from './mover.ts';
import { nextStep } from './next-step.ts';
import { MOVE } from './testing/a-move.ts';

const AT = (host: string): Located => ({ kind: 'at', host });
const MIGRATING: Located = { kind: 'migrating', source: 'a', destination: 'b' };
const FAILURE: Failure = { class: 'transient', code: 'reset', words: 'the connection was reset' };

const step = (move: Partial<Move>, located: Located, failure?: Failure) =>
  nextStep({ ...MOVE, ...move }, located, failure, 0.5);

test.each<[string, Partial<Move>, Located, object]>([
  ['new, on its source: it is started', {}, AT('a'), { do: 'start' }],
  ['maybe started by one that is dead, and nothing runs', { state: 'starting' }, AT('a'), { do: 'start' }],
  ['maybe started, and it runs', { state: 'starting' }, MIGRATING, { do: 'write', to: 'moving' }],
  ['running: it is looked after', { state: 'moving' }, MIGRATING, { do: 'attach' }],
  ['running before we started it', {}, MIGRATING, { do: 'claim-seen' }],
  [
    'running to elsewhere',
    { state: 'moving' },
    { ...MIGRATING, destination: 'c' } as Located,
    { do: 'claim-seen' },
  ],
  ['arrived', { state: 'moving' }, AT('b'), { to: 'moved' }],
  ['arrived before anybody wrote that it runs', { state: 'starting' }, AT('b'), { to: 'moved' }],
  ['moved elsewhere by others', { state: 'moving' }, AT('c'), { to: 'gone' }],
  ['off', { state: 'moving' }, { kind: 'absent' }, { to: 'gone' }],
  [
    'ended on the source unwatched',
    { state: 'moving' },
    AT('a'),
    { to: 'queued', change: { code: 'ended-unwatched' } },
  ],
  ['cancelled before it began', { intent: 'cancel' }, AT('a'), { to: 'cancelled' }],
  ['cancelled while it ran', { state: 'moving', intent: 'cancel' }, AT('a'), { to: 'cancelled' }],
  ['cancelled too late', { state: 'moving', intent: 'cancel' }, AT('b'), { to: 'moved' }],
  ['of an unknown end, on the source', { state: 'unknown' }, AT('a'), { to: 'held' }],
  ['of an unknown end, on the destination', { state: 'unknown' }, AT('b'), { to: 'moved' }],
  ['of an unknown end, and it still runs', { state: 'unknown' }, MIGRATING, { to: 'moving' }],
  [
    "others' migration of a VM of ours that failed",
    { state: 'moving', isForeign: true },
    AT('a'),
    { to: 'queued' },
  ],
  [
    "others' migration of a VM of ours that arrived",
    { state: 'moving', isForeign: true },
    AT('b'),
    { to: 'gone' },
  ],
  [
    "others' migration of a VM of no drain",
    { state: 'moving', isForeign: true, drain: null },
    AT('b'),
    { to: 'moved' },
  ],
  [
    'starts that are lost again and again',
    { state: 'starting', tries: MOST_TRIES },
    AT('a'),
    { to: 'held', change: { code: 'starts-lost' } },
  ],
])('%s', (_, move, located, expected) => expect(step(move, located)).toMatchObject(expected));

describe('a failure', () => {
  const starting = { state: 'starting', tries: 2 } as const;

  test('that may pass is tried again, later each time', () => {
    expect(step(starting, AT('a'), FAILURE)).toMatchObject({
      to: 'queued',
      change: { code: 'reset', failedAt: 'b', waitMs: 40_000 },
    });
    expect([1, 2, 3, 4, 9].map((tries) => retryDelayMs(tries, 0.5))).toEqual([
      20e3, 40e3, 80e3, 160e3, 600e3,
    ]);
    expect([retryDelayMs(1, 0), retryDelayMs(1, 1)]).toEqual([16_000, 24_000]);
  });

  test('that has happened too often waits for a person', () =>
    expect(step({ ...starting, tries: MOST_TRIES }, AT('a'), FAILURE)).toMatchObject({
      to: 'held',
      change: { words: 'the connection was reset (5 tries)' },
    }));

  test('for want of room does not count as a try', () =>
    expect(step(starting, AT('a'), { ...FAILURE, class: 'capacity' })).toMatchObject({
      to: 'queued',
      change: { isNoTry: true },
    }));

  test.each(['permanent', 'no-pause-fits'] as const)('that is %s waits for a person', (failure) =>
    expect(step(starting, AT('a'), { ...FAILURE, class: failure })).toMatchObject({ to: 'held' }),
  );

  test('is forgotten where the VM arrived all the same', () =>
    expect(step(starting, AT('b'), FAILURE)).toMatchObject({ to: 'moved' }));
});

test('whatever is decided is a step that may follow', () => {
  const states: MoveState[] = ['admitted', 'starting', 'moving', 'unknown'];
  const located = [AT('a'), AT('b'), AT('c'), MIGRATING, { kind: 'absent' } as const];
  let written = 0;
  for (const state of states)
    for (const where of located)
      for (const failure of [undefined, FAILURE])
        for (const intent of ['go', 'cancel'] as const)
          for (const isForeign of [false, true]) {
            // Others' migrations are made moving at once.
            if (isForeign && state !== 'moving') continue;
            const next = step({ state, intent, isForeign }, where, failure);
            if (next.do !== 'write') continue;
            written += 1;
            expect([state, next.to, mayFollow(state, next.to)]).toEqual([state, next.to, true]);
          }
  expect(written).toBeGreaterThan(50);
});

test('what has ended holds nothing and never goes on', () => {
  for (const state of ['moved', 'left', 'gone', 'cancelled'] as const) {
    expect(hasEnded(state)).toBe(true);
    expect(holdsClaims(state)).toBe(false);
    expect(mayFollow(state, 'queued')).toBe(false);
  }
});
