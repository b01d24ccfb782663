import { describe, expect, test } from 'vitest';
import { fakeHost, TEST_HOST, TEST_UUID, withoutVirsh } from '../virsh/testing/fake-virsh.ts';
import { VirshError, VirshTimeoutError } from '../virsh/virsh.ts';
import { lookAtSide, sideLookOf, sideStateAt } from './domain-state.ts';

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
    // libvirt forgot what came of it: everything was sent (audit 4).
    ['paused (migrating)', undefined, 'handed-over'],
    ['paused (unknown)', undefined, 'paused'],
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
    expect(sideLookOf(state, migration, 'source').state).toBe(side);
    expect(sideLookOf(`${state}\n\n`, migration, 'source').state).toBe(side);
  });

  test('a destination that stands still without a job holds the guest, whatever was the reason', () =>
    expect(sideLookOf('paused (migrating)', undefined, 'destination')).toEqual({
      state: 'paused',
      standsStill: true,
    }));

  test.each([
    ['paused (user)', 'an operator'],
    ['paused (I/O error)', 'an I/O error'],
    ['paused (watchdog)', "the guest's watchdog"],
    ['paused (creating snapshot)', 'a snapshot'],
    ['pmsuspended (disk)', 'the guest, which sleeps'],
    ['in shutdown (user)', 'its shutdown'],
    ['paused (migrating)', undefined],
    ['paused (unknown)', undefined],
    // libvirt could not resume it.
    ['paused (API error)', undefined],
    ['running (booted)', undefined],
  ])('%s: stopped by %s', (state, heldBy) =>
    expect(sideLookOf(state, undefined, 'source').heldBy).toBe(heldBy),
  );

  test.each([
    ['shut off (shutdown)', 'the guest shut itself down'],
    ['shut off (destroyed)', 'the guest was destroyed'],
    ['shut off (crashed)', "the guest's QEMU crashed"],
    ['shut off (migrated)', undefined],
    ['shut off (unknown)', undefined],
  ])('%s: %s', (state, ended) => expect(sideLookOf(state, undefined, 'source').guestEnded).toBe(ended));
});

describe('asked of a host', () => {
  test('a domain that it has', async () => expect(await sideStateAt(TEST_HOST, TEST_UUID)).toBe('running'));

  test('one that it has not', async () =>
    expect(await sideStateAt(TEST_HOST, TEST_UUID.replace('6', '7'))).toBe('gone'));

  // Audit 1: a host that cannot be asked says nothing of the guest.
  test('a host that cannot be reached', async () =>
    expect(await sideStateAt('qemu+unix:///system?socket=/nonexistent', TEST_UUID)).toBe('unreachable'));

  test('no host', async () => expect(await sideStateAt(undefined, TEST_UUID)).toBe('unknown'));

  test('without virsh nobody can be asked', async () => {
    withoutVirsh();
    expect(await sideStateAt(TEST_HOST, TEST_UUID)).toBe('unreachable');
  });

  test.each([
    [new VirshTimeoutError('qemu:///slow did not answer within 10 s'), 'silent'],
    [new VirshError('Timed out during operation: cannot acquire state change lock'), 'silent'],
    [new VirshError("Failed to connect socket to '/run/x': Connection refused"), 'unreachable'],
    [new VirshError('End of file while reading data: Input/output error'), 'unreachable'],
    [new VirshError("failed to get domain 'x'"), 'gone'],
    [new VirshError('an internal error that nobody expects'), 'silent'],
  ])('the state is refused with %s: %s', async (error, state) =>
    expect(await lookAtSide(() => Promise.reject(error), TEST_UUID, 'source')).toEqual({ state }),
  );

  test('a state without its job is no state: a guest that is switching over must not read as one that is not', async () => {
    const ask = async ([word]: readonly string[]) => {
      if (word === 'domstate') return 'paused (migrating)';
      throw new VirshError('Timed out during operation: cannot acquire state change lock');
    };
    expect(await lookAtSide(ask, TEST_UUID, 'source')).toEqual({ state: 'silent' });
  });

  test('a job that ends between the two answers leaves no state that never was', async () => {
    const ended = { yet: false };
    const ask = async ([word]: readonly string[]) => {
      const answer =
        word === 'domstate' ? (ended.yet ? 'running (migrated)' : 'paused (migrating)') : 'Job type: 0';
      if (word === 'domstate' || ended.yet) return answer;
      ended.yet = true;
      throw new VirshError('migration statistics are available only on the source host');
    };
    expect(await lookAtSide(ask, TEST_UUID, 'destination')).toEqual({ state: 'running' });
  });

  test('a domain that is shut off has no job', async () => {
    const ask = async ([word]: readonly string[]) => {
      if (word === 'domstate') return 'shut off (migrated)';
      throw new VirshError('Requested operation is not valid: domain is not running');
    };
    expect(await lookAtSide(ask, TEST_UUID, 'source')).toEqual({ state: 'handed-over' });
  });

  test('a guest that arrives is known by libvirt’s refusal to give figures there', async () => {
    fakeHost(`[ $4 = domstate ] && echo 'paused (migrating)' && exit
echo 'error: Operation not supported: migration statistics are available only on the source host' >&2
exit 1`);
    expect(await sideStateAt(TEST_HOST, TEST_UUID)).toBe('incoming');
  });
});

// Found by the fuzzer: a function stood where the words should.
test.each(['paused (constructor)', 'shut off (toString)', 'paused (__proto__)'])(
  '%s: for a reason that nobody knows',
  (state) => {
    const { heldBy, guestEnded } = sideLookOf(state, undefined, 'source');
    expect([heldBy, guestEnded]).toEqual([undefined, undefined]);
  },
);
