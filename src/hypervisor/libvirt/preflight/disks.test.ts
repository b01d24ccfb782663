import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Disk } from '../domain/domain-disks.ts';
import type { Version } from '../domain/versions.ts';
import { checkDisks } from './check-disks.ts';
import { type DiskPlace, placeByType, type Sharing } from './disk-place.ts';
import { fileSystemByType, fileSystemOf, fuseFileSystem } from './file-system.ts';
import { parsePool } from './storage-pool.ts';

const DISK: Disk = {
  target: 'vda',
  device: 'disk',
  type: 'file',
  protocol: undefined,
  source: '/srv/vm1.img',
  pool: undefined,
  cache: undefined,
  readOnly: false,
  shareable: false,
  mayBeMissing: false,
};
const OPTIONS = { copyStorage: 'none', unsafe: false, force: false } as const;
const NEW: Version = [10, 0, 2];

function place(sharing: Sharing, disk: Partial<Disk> = {}, alsoThere?: boolean): DiskPlace {
  return { disk: { ...DISK, ...disk }, sharing, where: undefined, alsoThere };
}

function codes(place: DiskPlace, options: Partial<Parameters<typeof checkDisks>[1]> = {}, qemu = NEW) {
  const { findings, notes } = checkDisks([place], { ...OPTIONS, ...options }, qemu);
  return [...findings.map(({ code }) => code), ...notes.map(() => 'note')];
}

describe('the disks of a guest', () => {
  it('must be on both hosts', () => {
    const { findings } = checkDisks([place('local'), place('local', { target: 'vdb' })], OPTIONS, NEW);
    expect(findings).toMatchObject([
      {
        code: 'not-shared',
        message: expect.stringContaining(
          'the disks vda (/srv/vm1.img) and vdb (/srv/vm1.img): copy with --copy-storage-all',
        ),
      },
    ]);
    expect(codes(place('shared'))).toEqual([]);
    expect(codes(place('clustered'))).toEqual([]);
    expect(codes(place('device'))).toEqual(['note']);
    expect(codes(place('unknown'))).toEqual(['note']);
  });

  it('may be told to be safe', () => {
    expect(codes(place('local'), { unsafe: true })).toEqual(['note']);
    expect(codes(place('local'), { force: true })).toEqual(['not-shared']);
    expect(codes(place('shared', { cache: 'unsafe' }), { unsafe: true })).toEqual(['note']);
  });

  it.each(['all', 'inc'] as const)('may be copied (%s), but not over themselves', (copyStorage) => {
    expect(codes(place('local'), { copyStorage })).toEqual(['note']);
    expect(codes(place('device'), { copyStorage })).toEqual(['note']);
    expect(codes(place('local', { shareable: true }), { copyStorage })).toEqual(['not-shared']);
    const { findings } = checkDisks([place('shared')], { ...OPTIONS, copyStorage }, NEW);
    expect(findings).toMatchObject([
      {
        code: 'not-shared',
        message: expect.stringContaining(`--copy-storage-${copyStorage} would write over itself`),
      },
    ]);
  });

  it('may be missing when they are only read, if the guest starts without them', () => {
    const absent = place('local', { readOnly: true }, false);
    expect(codes(absent)).toEqual(['not-shared']);
    expect(codes(absent, { copyStorage: 'all' })).toEqual(['not-shared']);
    expect(codes(absent, { force: true })).toEqual(['note']);
    expect(codes(place('local', { readOnly: true }))).toEqual(['note']);
    expect(codes(place('local', { readOnly: true }, true))).toEqual([]);
    expect(codes(place('local', { readOnly: true, mayBeMissing: true }, false))).toEqual([]);
    expect(codes(place('shared', { readOnly: true, cache: 'unsafe' }))).toEqual([]);
  });

  it.each([
    ['unsafe', NEW, ['unsafe-cache']],
    ['writeback', NEW, []],
    [undefined, NEW, []],
    [undefined, [3, 1, 0] as Version, ['unsafe-cache']],
    ['writethrough', [3, 1, 0] as Version, ['unsafe-cache']],
    ['none', [3, 1, 0] as Version, []],
    ['directsync', [3, 1, 0] as Version, []],
  ])('with cache %s on QEMU %s: %j', (cache, qemu, expected) => {
    expect(codes(place('shared', { cache }), {}, qemu)).toEqual(expected);
    expect(codes(place('clustered', { cache }), {}, qemu)).toEqual([]);
    expect(codes(place('shared', { cache, shareable: true }), {}, qemu)).toEqual([]);
  });

  it('does not doubt what libvirt reads over the network, on an old QEMU either', () => {
    expect(codes(place('shared', { type: 'network', protocol: 'rbd' }), {}, [3, 1, 0])).toEqual([]);
  });
});

describe('where a disk lies', () => {
  it('is told by its type, except for files and volumes', () => {
    expect(placeByType({ ...DISK, type: 'network', protocol: 'rbd' })).toEqual({
      sharing: 'shared',
      where: 'rbd',
    });
    expect(placeByType({ ...DISK, type: 'nvme' })?.sharing).toBe('local');
    expect(placeByType({ ...DISK, type: 'block' })?.sharing).toBe('device');
    expect(placeByType({ ...DISK, type: 'dir' })?.sharing).toBe('unknown');
    expect(placeByType(DISK)).toBeUndefined();
    expect(placeByType({ ...DISK, type: 'volume' })).toBeUndefined();
  });

  it.each([
    [0x6969, 'shared'],
    [0xff534d42, 'shared'],
    [0x7461636f, 'clustered'],
    [0x00c36400, 'clustered'],
    [0xef53, 'local'],
    [0x9123683e, 'local'],
  ])('the file system 0x%s is %s', (type, sharing) => {
    expect(fileSystemByType(type).sharing).toBe(sharing);
  });

  it('asks the innermost mount about FUSE', () => {
    const mounts = [
      '/dev/sda1 / ext4 rw 0 0',
      'gl:/vol /srv/my\\040vms fuse.glusterfs rw 0 0',
      'x /srv/my\\040vms/own fuse.sshfs rw 0 0',
      '',
    ].join('\n');

    expect(fuseFileSystem(mounts, '/srv/my vms/a.img').sharing).toBe('clustered');
    expect(fuseFileSystem(mounts, '/srv/my vms/own/a.img')).toEqual({ name: 'fuse.sshfs', sharing: 'local' });
    expect(fuseFileSystem(mounts, '/srv/my vms2/a.img').sharing).toBe('local');
  });

  it('judges a file that is not there by the folder above', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'file-system-'));
    expect((await fileSystemOf(join(folder, 'not/there.img'))).sharing).toBe('local');
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['dir', { name: 'default', type: 'dir', sharing: 'local', folder: '/var/lib/libvirt/images' }],
    ['netfs', { name: 'nfs "quoted"', type: 'netfs', sharing: 'shared', folder: '/mnt/nfs' }],
    ['fs', { name: 'cluster', type: 'fs', sharing: 'clustered', folder: '/mnt/cluster' }],
  ])('reads a storage pool of type %s', (name, pool) => {
    expect(parsePool(readFileSync(new URL(`../fixtures/${name}-pool.xml`, import.meta.url), 'utf8'))).toEqual(
      pool,
    );
  });

  it('does not know every pool', () => {
    expect(parsePool('<pool type="new"><name>p</name></pool>').sharing).toBe('unknown');
    expect(parsePool('<pool type="logical"><name>vg</name></pool>').sharing).toBe('device');
  });
});

// Found by the fuzzer: it was shared as a function.
it.each(['constructor', 'toString'])('a pool of the type %s is of none that is known', (type) =>
  expect(parsePool(`<pool type="${type}"><name>p</name></pool>`).sharing).toBe('unknown'),
);
