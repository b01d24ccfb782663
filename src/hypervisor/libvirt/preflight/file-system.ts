/**
 * Whether a file on this machine lies on storage that other hosts share, as libvirt decides it before a migration
 * (virFileIsSharedFSType and virFileIsClusterFS, src/util/virfile.c, libvirt 11). What libvirt does not know it
 * takes for local, and refuses. An administrator may name further folders in qemu.conf (`shared_filesystems`, in
 * 11.3 and some versions before), which is not looked at.
 */
import { readFile, realpath, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Sharing } from './disk-place.ts';

interface FileSystem {
  /** Undefined when it is none of those that hosts share. */
  readonly name: string | undefined;
  readonly sharing: Sharing;
}

/** By the number that statfs(2) gives. Clustered ones keep the page caches of all hosts the same. */
const FILE_SYSTEMS = new Map<number, FileSystem>([
  [0x6969, { name: 'NFS', sharing: 'shared' }],
  [0x01161970, { name: 'GFS2', sharing: 'clustered' }],
  [0x7461636f, { name: 'OCFS2', sharing: 'clustered' }],
  [0x6b414653, { name: 'AFS', sharing: 'shared' }],
  [0x517b, { name: 'SMB', sharing: 'shared' }],
  [0xff534d42, { name: 'CIFS', sharing: 'shared' }],
  [0x00c36400, { name: 'CephFS', sharing: 'clustered' }],
  [0x47504653, { name: 'GPFS', sharing: 'shared' }],
  [0x61636673, { name: 'ACFS', sharing: 'shared' }],
  [0x19830326, { name: 'BeeGFS', sharing: 'shared' }],
]);

const FUSE = 0x65735546;
const FUSE_FILE_SYSTEMS = new Map<string, FileSystem>([
  ['fuse.glusterfs', { name: 'GlusterFS', sharing: 'clustered' }],
  ['fuse.quobyte', { name: 'Quobyte', sharing: 'shared' }],
]);

/** A file that is not there is judged by the folder above it. @throws {Error} when none can be looked at */
export async function fileSystemOf(path: string): Promise<FileSystem> {
  const { type, mounted } = await nearest(path);
  if (type === FUSE) return fuseFileSystem(await readFile('/proc/mounts', 'utf8'), await realpath(mounted));
  return fileSystemByType(type);
}

export function fileSystemByType(type: number): FileSystem {
  return FILE_SYSTEMS.get(type) ?? { name: undefined, sharing: 'local' };
}

/** @param mounts of `/proc/mounts`; the innermost mount around the path counts */
export function fuseFileSystem(mounts: string, path: string): FileSystem {
  let innermost = { folder: '', type: '' };
  for (const line of mounts.split('\n')) {
    const [, escaped = '', type = ''] = line.split(' ');
    const folder = escaped.replace(/\\([0-7]{3})/g, (_, code) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    const around = path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
    if (folder !== '' && around && folder.length >= innermost.folder.length) innermost = { folder, type };
  }
  return FUSE_FILE_SYSTEMS.get(innermost.type) ?? { name: innermost.type || 'FUSE', sharing: 'local' };
}

async function nearest(path: string): Promise<{ type: number; mounted: string }> {
  try {
    return { type: (await statfs(path)).type, mounted: path };
  } catch (error) {
    const above = dirname(path);
    if (above === path) throw error;
    return await nearest(above);
  }
}
