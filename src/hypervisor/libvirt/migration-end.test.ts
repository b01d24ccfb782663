import { expect, test } from 'vitest';
import { type EndFacts, hasMoved, migrationEnd } from './migration-end.ts';

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

// A destination that libvirt takes down is `in shutdown` for a moment; seen where a TLS handshake failed.
const facts: EndFacts = {
  atMs: 0,
  because: { kind: 'job-over' },
  handedOver: false,
  looks: {
    source: { state: 'running' },
    destination: { state: 'paused', standsStill: true, heldBy: 'its shutdown' },
  },
  destinationEverRan: false,
  sourceEverStopped: false,
  endedOnSource: false,
  postCopyBegan: false,
  heldBy: undefined,
  cancelling: false,
  virshEnded: undefined,
  lastJob: undefined,
  completedJob: undefined,
  sentBytes: 0,
  encrypted: true,
};

test('a guest that runs on the source is held by nobody, whatever its destination looks like', () => {
  expect(migrationEnd(facts).heldBy).toBeUndefined();
  const source = { state: 'paused', standsStill: true, heldBy: 'an operator' } as const;
  expect(migrationEnd({ ...facts, looks: { ...facts.looks, source } }).heldBy).toBe('an operator');
});

test('a handshake that failed has a hint, where there was one', () => {
  const words = "operation failed: job 'migration out' failed: The certificate hasn't got a known issuer";
  const failed = { ...facts, virshEnded: { status: 1, stdout: '', stderr: `error: ${words}\n` } };
  expect(migrationEnd(failed).error).toMatch(/known issuer; the destination's certificate is not signed by/);
  expect(migrationEnd({ ...failed, encrypted: false }).error).toBe(words);
});
