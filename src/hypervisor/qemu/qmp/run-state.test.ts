import { expect, test } from 'vitest';
import { moveRunState, type RunState } from './run-state.ts';

const states: RunState[] = [
  { kind: 'connecting' },
  { kind: 'negotiating' },
  { kind: 'running' },
  { kind: 'closing', reason: undefined },
  { kind: 'closed', reason: undefined },
];

const edges = [
  'connecting -> negotiating',
  'connecting -> closed',
  'negotiating -> running',
  'negotiating -> closing',
  'negotiating -> closed',
  'running -> closing',
  'running -> closed',
  'closing -> closed',
];

test.each(states.flatMap((from) => states.map((to) => ({ from, to, edge: `${from.kind} -> ${to.kind}` }))))(
  '$edge',
  ({ from, to, edge }) => {
    if (edges.includes(edge)) expect(moveRunState(from, to)).toBe(to);
    else expect(() => moveRunState(from, to)).toThrow(`from ${from.kind} to ${to.kind}`);
  },
);
