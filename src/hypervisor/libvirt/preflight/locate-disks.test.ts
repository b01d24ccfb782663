import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Disk } from '../domain/domain-disks.ts';
import { locateDisks } from './locate-disks.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));

/** Answers as virsh 11.3 did; `$3` is the host's URI, `$4` the command. */
const FAKE = `#!/bin/sh
case "$3 $4 $5 $6" in
  "none:///"*) echo "error: this function is not supported by the connection driver: virStorageVolLookupByPath" >&2; exit 1;;
  *"vol-pool --uuid --vol=/var/lib/libvirt/images/"*) echo 2285d94b-60f5-4bdf-a889-496eab1a570a; echo;;
  *"vol-pool"*) echo "error: failed to get vol" >&2
    echo "error: Storage volume not found: no storage vol with matching path" >&2; exit 1;;
  *"pool-dumpxml --pool=2285d94b-60f5-4bdf-a889-496eab1a570a "*) cat '${FIXTURES}/dir-pool.xml';;
  *"pool-dumpxml --pool=nfs "*) cat '${FIXTURES}/netfs-pool.xml';;
  *) echo "error: failed to get pool" >&2; exit 1;;
esac
`;

const FILE: Disk = {
  target: 'vda',
  device: 'disk',
  type: 'file',
  protocol: undefined,
  source: '/var/lib/libvirt/images/a.img',
  pool: undefined,
  cache: undefined,
  readOnly: false,
  shareable: false,
  mayBeMissing: false,
};
const REMOTE = {
  sourceUri: 'qemu+ssh://host1/system',
  sourceIsLocal: false,
  destinationUri: 'qemu+ssh://host2/system',
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'locate-disks-'));
  writeFileSync(join(folder, 'virsh'), FAKE);
  chmodSync(join(folder, 'virsh'), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('where disks lie', () => {
  it('is asked of the storage pools of a host that is not this one', async () => {
    const elsewhere = { ...FILE, source: '/srv/a.img' };
    const volume = { ...FILE, type: 'volume', pool: 'nfs', source: 'nfs/a.img' };
    expect(await locateDisks([FILE, elsewhere, volume], REMOTE)).toMatchObject([
      { sharing: 'local', where: 'the storage pool "default" (dir)', alsoThere: undefined },
      { sharing: 'unknown', where: undefined },
      { sharing: 'shared', where: 'the storage pool "nfs "quoted"" (netfs)' },
    ]);
  });

  it('is seen on this machine', async () => {
    const disk = { ...FILE, source: join(folder, 'a.img') };
    expect(await locateDisks([disk], { ...REMOTE, sourceIsLocal: true })).toMatchObject([
      { sharing: 'local' },
    ]);
  });

  it('is nowhere for a drive without a medium', async () => {
    expect(await locateDisks([{ ...FILE, source: undefined }], REMOTE)).toEqual([]);
  });

  it('is asked of the destination too, for what is only read', async () => {
    const iso = { ...FILE, readOnly: true };
    const here = { ...iso, source: join(folder, 'a.iso') };
    const local = { ...REMOTE, sourceIsLocal: true };
    expect(await locateDisks([iso, here], local)).toMatchObject([{ alsoThere: true }, { alsoThere: false }]);
    const mute = await locateDisks([here], { ...local, destinationUri: 'none:///' });
    expect(mute).toMatchObject([{ alsoThere: undefined }]);
    const gone = await locateDisks([here], { ...local, destinationUri: undefined });
    expect(gone).toMatchObject([{ alsoThere: undefined }]);
  });
});
