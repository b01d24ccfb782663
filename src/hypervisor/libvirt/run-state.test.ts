import { expect, test } from 'vitest';
import { isOver, moveRunState, type RunState } from './run-state.ts';

const SETTLING: RunState = { kind: 'settling', because: { kind: 'job-over' } };

test('nothing leads back from the end, and nothing out of post-copy but the end', () => {
  const live: RunState[] = [
    { kind: 'beginning' },
    { kind: 'copying' },
    { kind: 'held', by: 'x' },
    { kind: 'stopped', sinceMs: 0 },
    { kind: 'arrived', atMs: 0 },
    { kind: 'post-copy' },
  ];
  for (const to of live)
    for (const from of [
      SETTLING,
      { kind: 'ended' },
      { kind: 'detached' },
      { kind: 'post-copy' },
    ] as RunState[])
      expect(() => moveRunState(from, to)).toThrow(`from ${from.kind} to ${to.kind}`);
  for (const from of live) {
    expect(moveRunState(from, SETTLING)).toBe(SETTLING);
    expect(moveRunState(from, { kind: 'detached' }).kind).toBe('detached');
    expect(isOver(from)).toBe(false);
  }
  expect([SETTLING, { kind: 'ended' } as const, { kind: 'detached' } as const].every(isOver)).toBe(true);
});
