import { expect, test } from 'vitest';
import { lastingStates, type SettlingParts } from './lasting-states.ts';
import { type FakeVirsh, fakeVirsh, TEST_UUID } from './virsh/testing/fake-virsh.ts';

const MOVED: SettlingParts = {
  sourceUri: 'qemu:///source',
  destinationUri: 'qemu:///destination',
  uuid: TEST_UUID,
  wasRunning: true,
  handedOver: true,
};

/** A host is asked for the state and for the job. */
const ONE_LOOK = 4;

/** Answers as these pieces of `sh` do. */
function hosts(source: string, destination: string, job = "echo 'Job type: 0'"): FakeVirsh {
  return fakeVirsh(`gone() { echo "error: failed to get domain '$1'" >&2; exit 1; }
incoming() { echo 'error: statistics are available only on the source host' >&2; exit 1; }
early() { [ "$(wc -l < "$starts")" -le 12 ]; }
case "$3 $4" in
  *domjobinfo) ${job} ;;
  */source*) ${source} ;;
  */destination*) ${destination} ;;
esac`);
}

test('a guest that arrived is found at once', async () => {
  const virsh = hosts("echo 'shut off (migrated)'", "echo 'running (migrated)'");
  expect(await lastingStates(MOVED)).toEqual({ source: 'handed-over', destination: 'running' });
  expect(virsh.pids()).toHaveLength(ONE_LOOK);
});

test('a transient domain that was migrated is simply not there any more', async () => {
  hosts('gone vm1', "echo 'running (migrated)'");
  expect(await lastingStates(MOVED)).toEqual({ source: 'handed-over', destination: 'running' });
  expect(await lastingStates({ ...MOVED, handedOver: false })).toEqual({
    source: 'gone',
    destination: 'running',
  });
});

test('a destination that is about to run it is waited for', async () => {
  hosts(
    "echo 'shut off (migrated)'",
    "early && echo 'paused (migrating)' || echo 'running (migrated)'",
    "early && incoming || echo 'Job type: 0'",
  );
  expect(await lastingStates(MOVED)).toEqual({ source: 'handed-over', destination: 'running' });
});

test('one that stays paused is told as paused, after a second', async () => {
  hosts("echo 'paused (user)'", 'gone vm1');
  const beganMs = performance.now();
  expect(await lastingStates({ ...MOVED, handedOver: false })).toEqual({
    source: 'paused',
    destination: 'gone',
  });
  expect(performance.now() - beganMs).toBeGreaterThan(990);
});

test('nobody waits for a guest to run that did not run before', async () => {
  const virsh = hosts("echo 'paused (user)'", "echo 'shut off (destroyed)'");
  await lastingStates({ ...MOVED, wasRunning: false, handedOver: false });
  expect(virsh.pids()).toHaveLength(ONE_LOOK);
});

test('a destination that is not watched is unknown', async () => {
  hosts("echo 'running (booted)'", '');
  expect(await lastingStates({ ...MOVED, destinationUri: undefined, handedOver: false })).toEqual({
    source: 'running',
    destination: 'unknown',
  });
});
