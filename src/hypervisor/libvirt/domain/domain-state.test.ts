import { describe, expect, test } from 'vitest';
import { fakeVirsh, TEST_HOST, TEST_UUID, withoutVirsh } from '../virsh/testing/fake-virsh.ts';
import { sideStateAt, sideStateOf } from './domain-state.ts';

describe('what `domstate --reason` says, and which way the job moves it', () => {
  test.each([
    ['running (booted)', undefined, 'running'],
    ['running (migrated)', undefined, 'running'],
    ['running (migration canceled)', undefined, 'running'],
    ['running (unpaused)', 'out', 'running'],
    ['running (post-copy)', 'in', 'running'],
    ['idle', undefined, 'running'],
    ['paused (user)', undefined, 'paused'],
    ['paused (user)', 'out', 'paused'],
    ['paused (I/O error)', 'out', 'paused'],
    ['paused (migrating)', 'out', 'switching-over'],
    ['paused (migrating)', 'in', 'incoming'],
    ['paused (starting up)', 'in', 'incoming'],
    // Its job has ended: nothing is sent any more.
    ['paused (migrating)', undefined, 'paused'],
    ['paused (post-copy)', 'out', 'handed-over'],
    ['paused (post-copy)', undefined, 'handed-over'],
    ['paused (post-copy failed)', 'out', 'handed-over'],
    ['in shutdown (user)', undefined, 'paused'],
    ['pmsuspended (unknown)', undefined, 'paused'],
    ['shut off (migrated)', undefined, 'handed-over'],
    ['shut off (destroyed)', undefined, 'gone'],
    ['shut off (failed)', undefined, 'gone'],
    ['crashed (panicked)', undefined, 'gone'],
    ['no state', undefined, 'gone'],
    ['', undefined, 'gone'],
  ] as const)('%s, job %s: %s', (state, migration, side) => {
    expect(sideStateOf(state, migration)).toBe(side);
    expect(sideStateOf(`${state}\n\n`, migration)).toBe(side);
  });
});

describe('asked of a host', () => {
  test('a domain that it has', async () => expect(await sideStateAt(TEST_HOST, TEST_UUID)).toBe('running'));

  test('one that it has not', async () =>
    expect(await sideStateAt(TEST_HOST, TEST_UUID.replace('6', '7'))).toBe('gone'));

  test('a host that does not answer', async () =>
    expect(await sideStateAt('qemu+unix:///system?socket=/nonexistent', TEST_UUID)).toBe('silent'));

  test('no host', async () => expect(await sideStateAt(undefined, TEST_UUID)).toBe('unknown'));

  test('without virsh nobody answers', async () => {
    withoutVirsh();
    expect(await sideStateAt(TEST_HOST, TEST_UUID)).toBe('silent');
  });

  test('a guest that arrives is known by libvirt’s refusal to give figures there', async () => {
    fakeVirsh(`[ $4 = domstate ] && echo 'paused (migrating)' && exit
echo 'error: Operation not supported: migration statistics are available only on the source host' >&2
exit 1`);
    expect(await sideStateAt(TEST_HOST, TEST_UUID)).toBe('incoming');
  });
});
