import { expect, test } from 'vitest';
import type { Move } from './move.ts';
import type { Failure, Located } from './mover.ts';
import { nextStart, nextStop } from './next-stop.ts';
import { MOVE } from './testing/a-move.ts';

const HERE: Located = { kind: 'at', host: 'a' };
const ELSEWHERE: Located = { kind: 'at', host: 'c' };
const OFF: Located = { kind: 'absent' };
const MOVING: Located = { kind: 'migrating', source: 'a', destination: 'b' };
const RESET: Failure = { class: 'transient', code: 'unreachable', words: 'the connection was reset' };

const stop = (given: Partial<Move>, located: Located, failure?: Failure) => {
  const move: Move = { ...MOVE, way: 'shutdown', destination: null, admittedForMs: 1000, ...given };
  const step = nextStop(move, located, failure, 5000, 0.5);
  return step.do === 'write' ? [step.to, step.change.code].filter(Boolean).join(' ') : step.do;
};

test.each<[string, Partial<Move>, Located, string, Failure?]>([
  ['it runs, and was not asked', {}, HERE, 'ask'],
  ['nobody knows whether it was asked', { state: 'starting' }, HERE, 'ask'],
  ['it was asked', { state: 'stopping' }, HERE, 'wait'],
  ['it was asked long ago', { state: 'stopping', admittedForMs: 5001 }, HERE, 'held not-off'],
  ['it is off, and was asked', { state: 'stopping' }, OFF, 'off'],
  ['it may have been asked, and is off', { state: 'starting' }, OFF, 'off'],
  ['it is off, and was not asked', {}, OFF, 'gone absent'],
  ['others move it', { state: 'stopping' }, MOVING, 'queued already-migrating'],
  ['others moved it', { state: 'stopping' }, ELSEWHERE, 'gone elsewhere'],
  ['it is to be let go of before it was asked', { intent: 'cancel' }, HERE, 'cancelled'],
  ['asking it failed', { state: 'starting' }, HERE, 'queued unreachable', RESET],
])('of one that is shut down: %s', (_, given, located, expected, failure) =>
  expect(stop(given, located, failure)).toBe(expected),
);

test.each<[string, Located, string, Failure?]>([
  ['it is off', OFF, 'ask'],
  ['it runs there already', HERE, 'moved'],
  ['others have started it elsewhere', ELSEWHERE, 'gone'],
  ['others are moving it', MOVING, 'gone'],
  ['starting it failed', OFF, 'queued', RESET],
])('of one that is started again: %s', (_, located, expected, failure) => {
  const step = nextStart({ ...MOVE, way: 'start', destination: 'a' }, located, failure, 0.5);
  expect(step.do === 'write' ? step.to : step.do).toBe(expected);
});
