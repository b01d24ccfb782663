import { describe, expect, test } from 'vitest';
import type { CheckOptions, Destination, GuestFacts } from '../hypervisor.ts';
import { preflight } from './preflight.ts';

const SOURCE: GuestFacts = {
  vm: 'qmp:/run/vm1.sock',
  name: 'vm1',
  uuid: undefined,
  hypervisor: 'QEMU 10.0.2',
  accelerator: 'kvm',
  machineType: 'pc-q35-10.0',
  memoryBytes: 2 ** 30,
  state: 'running',
  migrating: false,
  losesWrites: undefined,
};
const WAITING: GuestFacts = { ...SOURCE, vm: 'qmp:/run/vm2.sock', state: 'incoming' };
const TARGET: Destination = { vm: WAITING.vm, migrateUri: 'tcp:10.0.0.2:4444', listenUri: undefined };
const OPTIONS: CheckOptions = { force: false, postCopy: false, lineRateBytesPerSecond: undefined };

function codes(
  source: Partial<GuestFacts> = {},
  destination: Partial<GuestFacts> = {},
  target: Partial<Destination> = {},
  options: Partial<CheckOptions> = {},
): string[] {
  return preflight(
    { ...SOURCE, ...source },
    { ...WAITING, ...destination },
    { ...TARGET, ...target },
    { ...OPTIONS, ...options },
  ).map(({ code }) => code);
}

test('nothing is found where all is well, nor against a guest that is paused', () => {
  expect(codes()).toEqual([]);
  expect(codes({ state: 'paused' })).toEqual([]);
});

describe('the source', () => {
  test.each([
    [{ migrating: true }, 'already-migrating'],
    [{ state: 'handed-over' }, 'not-running'],
    [{ state: 'incoming' }, 'not-running'],
    [{ losesWrites: 'it loses writes' }, 'loses-writes'],
  ] as const)('%o: %s', (source, code) => expect(codes(source)).toEqual([code]));

  test('what loses writes may be forced', () =>
    expect(codes({ losesWrites: 'it loses writes' }, {}, {}, { force: true })).toEqual([]));
});

describe('the destination', () => {
  test.each([
    [{ state: 'running' }, ['destination-not-waiting']],
    [{ machineType: 'pc-i440fx-10.0' }, ['different-machine']],
    [{ memoryBytes: 2 ** 29 }, ['different-memory']],
    [{ machineType: 'pc-i440fx-10.0', memoryBytes: 2 ** 30 + 1 }, ['different-machine', 'different-memory']],
    [{ machineType: undefined }, []],
  ] as const)('%o: %j', (destination, expected) => expect(codes({}, destination)).toEqual(expected));
});

describe('where the memory goes', () => {
  test.each(['tcp:10.0.0.2:4444', 'tcp:[fe80::1]:4444', 'unix:/run/m.sock'])('%s is taken', (migrateUri) =>
    expect(codes({}, {}, { migrateUri })).toEqual([]),
  );

  test.each(['10.0.0.2:4444', 'tcp:10.0.0.2', 'tcp:', '', undefined])('%s is refused', (migrateUri) =>
    expect(codes({}, {}, { migrateUri })).toEqual(['bad-migrate-uri']),
  );

  test('where it listens is looked at, too', () =>
    expect(codes({}, {}, { listenUri: 'here' })).toEqual(['bad-migrate-uri']));
});
