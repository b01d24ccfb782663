/** Whether a storage pool's volumes are on several hosts. */

import { at, attributeOf, parseXml, textOf } from '../domain/xml.ts';
import { entryOf } from '../entry-of.ts';
import type { Sharing } from './disk-place.ts';

export interface StoragePool {
  readonly name: string;
  readonly type: string;
  readonly sharing: Sharing;
  /** Of a pool of files: the folder that holds them. */
  readonly folder: string | undefined;
}

const SHARING: Record<string, Sharing> = {
  dir: 'local',
  fs: 'local',
  netfs: 'shared',
  // As a disk these are reached over the network, by every host.
  rbd: 'shared',
  gluster: 'shared',
  sheepdog: 'shared',
  iscsi: 'shared',
  'iscsi-direct': 'shared',
  // Block devices, which libvirt takes as they are.
  logical: 'device',
  disk: 'device',
  zfs: 'device',
  scsi: 'device',
  mpath: 'device',
};

const CLUSTERED_FORMATS = ['gfs2', 'ocfs2'];

/** @param xml of `virsh pool-dumpxml` @throws {XmlError} */
export function parsePool(xml: string): StoragePool {
  const pool = parseXml(xml);
  const type = attributeOf(pool, 'type') ?? 'unknown';
  const format = attributeOf(at(pool, 'source', 'format'), 'type') ?? '';
  const clustered = CLUSTERED_FORMATS.includes(format) || (type === 'netfs' && format === 'glusterfs');
  return {
    name: textOf(at(pool, 'name')) ?? '',
    type,
    sharing: clustered ? 'clustered' : (entryOf(SHARING, type) ?? 'unknown'),
    folder: textOf(at(pool, 'target', 'path')),
  };
}
