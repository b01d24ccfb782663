import { expect, test } from 'vitest';
import { hasMoved } from './migration-end.ts';

test.each([
  ['the source handed it over and libvirt says so', true, 'handed-over', true, true],
  ['the source ended in pre-copy, and the destination runs the guest', false, 'gone', false, true],
  ['the source ended in post-copy: what had not followed is lost', false, 'gone', true, false],
] as const)('%s', (_, handedOver, source, postCopyBegan, moved) =>
  expect(
    hasMoved({
      handedOver,
      looks: { source: { state: source }, destination: { state: 'running' } },
      postCopyBegan,
    } as never),
  ).toBe(moved),
);

test('a source that stands still in post-copy still feeds the destination that runs', () =>
  expect(
    hasMoved({
      handedOver: false,
      looks: { source: { state: 'handed-over', standsStill: true }, destination: { state: 'running' } },
      postCopyBegan: true,
    } as never),
  ).toBe(false));
