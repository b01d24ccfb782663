import { beforeEach, describe, expect, test, vi } from 'vitest';
import { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import { PLAIN_MIGRATE } from '../hypervisor/libvirt/migrate-command.ts';
import { QemuHypervisor } from '../hypervisor/qemu/qemu-hypervisor.ts';
import {
  connectUri,
  libvirtDestination,
  libvirtFlagsGiven,
  placeOf,
  streamsOf,
  virshMigrateOptions,
} from './hypervisor-of.ts';
import { UsageError } from './usage-error.ts';

beforeEach(() => {
  vi.stubEnv('LIBVIRT_DEFAULT_URI', undefined);
  return () => void vi.unstubAllEnvs();
});

describe('a VM', () => {
  test.each(['qmp:/run/vm1.sock', 'qmp:vm1.sock', '/run/vm1.sock', './vm1.sock'])(
    '%s is a QEMU',
    async (vm) => {
      expect(await placeOf(vm, {})).toMatchObject({
        vm,
        hypervisor: expect.any(QemuHypervisor),
        libvirt: undefined,
      });
    },
  );

  test.each(['vm1', 'a b', "it's", '--all', 'db#1', '6695eb01-f6a4-8304-79aa-97f2502e193f'])(
    '%s is a libvirt domain',
    async (vm) => {
      const place = await placeOf(vm, {});
      expect(place).toMatchObject({ vm: `qemu:///system#${vm}`, hypervisor: expect.any(LibvirtHypervisor) });
      expect(place.libvirt).toBe(place.hypervisor);
    },
  );

  test('a QEMU has no connection', async () => {
    const mixed = () => placeOf('qmp:/run/vm1.sock', { connect: 'qemu:///system' });
    await expect(mixed).rejects.toThrow(UsageError);
    await expect(mixed).rejects.toThrow(
      /--connect is for libvirt domains, and qmp:\/run\/vm1.sock is the monitor/,
    );
  });

  test('has a name', () => expect(placeOf('', {})).rejects.toThrow(UsageError));
});

test('the connection: the flag, then LIBVIRT_DEFAULT_URI, then the system’s', () => {
  expect(connectUri({})).toBe('qemu:///system');
  vi.stubEnv('LIBVIRT_DEFAULT_URI', '');
  expect(connectUri({})).toBe('qemu:///system');
  vi.stubEnv('LIBVIRT_DEFAULT_URI', 'qemu+ssh://host1/system');
  expect(connectUri({})).toBe('qemu+ssh://host1/system');
  expect(connectUri({ connect: 'test:///default' })).toBe('test:///default');
});

describe('a destination of libvirt', () => {
  const PEER = 'qemu+tls://host2/system';

  test('is the host as both sides reach it, and the domain’s own name', () => {
    expect(libvirtDestination(PEER, 'vm1', {})).toEqual({
      vm: `${PEER}#vm1`,
      peerUri: PEER,
      migrateUri: undefined,
      listenUri: undefined,
    });
  });

  test('may be reached otherwise from here, and the domain be called otherwise there', () => {
    const options = { destConnect: 'qemu+ssh://host2/system', dname: 'vm2', listenAddress: '::' };
    expect(libvirtDestination(PEER, 'vm1', options)).toEqual({
      vm: 'qemu+ssh://host2/system#vm2',
      peerUri: PEER,
      migrateUri: undefined,
      listenUri: '::',
    });
  });

  test('takes the memory where either spelling says', () => {
    expect(libvirtDestination(PEER, 'vm1', { migrateUri: 'tcp://a' }).migrateUri).toBe('tcp://a');
    expect(libvirtDestination(PEER, 'vm1', { migrateuri: 'tcp://b' }).migrateUri).toBe('tcp://b');
  });

  test('is no QEMU', () => {
    expect(() => libvirtDestination('qmp:/run/b.sock', 'vm1', {})).toThrow(UsageError);
    expect(() => libvirtDestination('qmp:/run/b.sock', 'vm1', {})).toThrow(/give the destination host's URI/);
  });
});

describe('virsh’s flags', () => {
  test('none asks for a plain migration', () => expect(virshMigrateOptions({})).toEqual(PLAIN_MIGRATE));

  test('all of them', () => {
    expect(
      virshMigrateOptions({
        ...{ dname: 'vm2', persistent: true, undefinesource: true, copyStorageInc: true },
        ...{ postcopy: true, autoConverge: true, unsafe: true },
      }),
    ).toEqual({
      ...{
        destinationName: 'vm2',
        persistent: true,
        undefineSource: true,
        copyStorage: 'inc',
      },
      ...{ postCopy: true, autoConverge: true, unsafe: true },
    });
    expect(virshMigrateOptions({ copyStorageAll: true }).copyStorage).toBe('all');
  });

  test.each([[{ copyStorageAll: true, copyStorageInc: true }, /exclude each other/]])(
    '%j contradicts itself',
    (flags, message) => {
      expect(() => virshMigrateOptions(flags)).toThrow(UsageError);
      expect(() => virshMigrateOptions(flags)).toThrow(message);
    },
  );

  test('several connections are as many as QEMU opens by itself, and one that compresses is one of several', () => {
    expect(streamsOf({})).toBeUndefined();
    expect(streamsOf({ compress: 'none' })).toBeUndefined();
    expect(() => streamsOf({ parallelConnections: 2 })).toThrow(/needs --parallel/);
    expect(streamsOf({ parallel: true })).toEqual({ connections: 2, compression: 'none' });
    expect(streamsOf({ compress: 'zstd' })).toEqual({ connections: 2, compression: 'zstd' });
    expect(streamsOf({ compress: 'zstd', parallelConnections: 8 })).toEqual({
      connections: 8,
      compression: 'zstd',
    });
  });

  test('those that a QEMU does not take are named; it takes --migrate-uri and --listen-uri', () => {
    expect(libvirtFlagsGiven({ migrateUri: 'tcp:b:4444', listenUri: 'tcp:0:4444' })).toEqual([]);
    // People write these of every migration.
    expect(libvirtFlagsGiven({ live: true, p2p: true })).toEqual([]);
    expect(libvirtFlagsGiven({ migrateuri: 'tcp://b', tlsDestination: 'b', autoConverge: true })).toEqual([
      '--migrateuri',
      '--tls-destination',
      '--auto-converge',
    ]);
  });
});
