import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StartOptions } from '../hypervisor.ts';
import { migrateArguments, PLAIN_MIGRATE, type VirshMigrateOptions } from './migrate-command.ts';

const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const PEER = 'qemu+tls://host2/system';
const MIB = 2 ** 20;

interface Wanted {
  readonly start?: Partial<StartOptions>;
  readonly own?: Partial<VirshMigrateOptions>;
  readonly migrateUri?: string;
  readonly listenUri?: string;
  readonly statesLineRate?: boolean;
}

function command({ start, own, migrateUri, listenUri, statesLineRate = true }: Wanted = {}): string[] {
  return migrateArguments(
    UUID,
    PEER,
    { vm: `${PEER}#vm1`, migrateUri, listenUri },
    {
      ...{ meant: undefined, force: false, postCopy: false, brake: 'none', downtimeLimitMs: 300 },
      ...{ bandwidthBytesPerSecond: undefined, lineRateBytesPerSecond: undefined },
      ...start,
    },
    { ...PLAIN_MIGRATE, ...own },
    statesLineRate,
  );
}

test('a plain one names the domain and the peer, live and peer to peer, and nothing else', () => {
  expect(command()).toEqual(['migrate', `--domain=${UUID}`, `--desturi=${PEER}`, '--live', '--p2p']);
});

test('everything at once', () => {
  const all = command({
    migrateUri: 'tcp://10.77.0.2',
    listenUri: '0.0.0.0',
    start: {
      ...{ bandwidthBytesPerSecond: 30 * MIB, lineRateBytesPerSecond: 60 * MIB },
      streams: { connections: 4, compression: 'zstd' },
      tls: {
        credentials: { kind: 'named', id: 'of QEMU only' },
        hostname: 'host2.example',
        authorization: undefined,
      },
    },
    own: {
      ...{ persistent: true, undefineSource: true, copyStorage: 'inc' },
      ...{ postCopy: true, autoConverge: true, destinationName: 'vm2', unsafe: true },
    },
  });
  expect(all.slice(5)).toEqual([
    '--migrateuri=tcp://10.77.0.2',
    '--listen-address=0.0.0.0',
    '--dname=vm2',
    '--persistent',
    '--undefinesource',
    '--copy-storage-inc',
    '--parallel',
    '--parallel-connections=4',
    '--compressed',
    '--comp-methods=zstd',
    '--tls',
    '--tls-destination=host2.example',
    '--postcopy',
    '--auto-converge',
    '--unsafe',
    '--bandwidth=30',
    '--available-switchover-bandwidth=60',
  ]);
});

test('storage is copied whole or by increments', () => {
  expect(command({ own: { copyStorage: 'all' } })).toContain('--copy-storage-all');
  expect(command({ own: { copyStorage: 'all' } })).not.toContain('--copy-storage-inc');
});

test('post-copy is made possible when either side of the command line wants it', () => {
  expect(command({ start: { postCopy: true } })).toContain('--postcopy');
  expect(command({ own: { postCopy: true } })).toContain('--postcopy');
});

describe('bandwidth in whole MiB/s', () => {
  const stated = (bytes: number) =>
    command({ start: { bandwidthBytesPerSecond: bytes, lineRateBytesPerSecond: bytes } }).slice(5);

  test.each([
    [60e6, 57],
    [2 * MIB - 1, 1],
    [2 * MIB, 2],
    // 0 would mean no limit.
    [MIB / 2, 1],
    [0, 1],
  ])('%d B/s is stated as %i', (bytes, mebibytes) =>
    expect(stated(bytes)).toEqual([
      `--bandwidth=${mebibytes}`,
      `--available-switchover-bandwidth=${mebibytes}`,
    ]),
  );

  test('the line rate is left out where libvirt does not take it', () => {
    const args = command({ start: { lineRateBytesPerSecond: 60e6 }, statesLineRate: false });
    expect(args.join(' ')).not.toContain('switchover-bandwidth');
  });
});

test('no value can be taken for an option: none stands by itself', () => {
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('--unsafe', '--desturi=qemu+tcp://evil/system', '-c', '', ' '),
  );
  fc.assert(
    fc.property(value, value, value, (destinationName, migrateUri, listenUri) => {
      const args = command({ migrateUri, listenUri, own: { destinationName } });
      expect(args.slice(5)).toEqual([
        `--migrateuri=${migrateUri}`,
        `--listen-address=${listenUri}`,
        `--dname=${destinationName}`,
      ]);
    }),
  );
});
