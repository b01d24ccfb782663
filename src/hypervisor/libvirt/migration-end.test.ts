import { expect, test } from 'vitest';
import { hasMoved } from './migration-end.ts';

const ENDED = { kind: 'guest-ended', words: "the guest's QEMU crashed" } as const;

test.each([
  ['the source handed it over and libvirt says so', { kind: 'handed-over' }, 'handed-over', true, true],
  ['the source ended in pre-copy, and the destination runs the guest', ENDED, 'gone', false, true],
  ['the source ended in post-copy: what had not followed is lost', ENDED, 'gone', true, false],
] as const)('%s', (_, because, source, postCopyBegan, moved) =>
  expect(
    hasMoved({
      because,
      looks: { source: { state: source }, destination: { state: 'running' } },
      postCopyBegan,
    } as never),
  ).toBe(moved),
);

test('a source that stands still in post-copy still feeds the destination that runs', () =>
  expect(
    hasMoved({
      because: { kind: 'lost', words: 'it does not answer', state: 'unreachable' },
      looks: { source: { state: 'handed-over', standsStill: true }, destination: { state: 'running' } },
      postCopyBegan: true,
    } as never),
  ).toBe(false));
