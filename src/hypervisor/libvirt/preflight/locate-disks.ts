/** Asks where each disk of a domain lies. */

import type { Disk } from '../domain/domain-disks.ts';
import { answerOf, valueIn } from '../virsh/answer.ts';
import { virsh } from '../virsh/virsh.ts';
import { type DiskPlace, placeByType, type Sharing } from './disk-place.ts';
import { fileSystemOf } from './file-system.ts';
import { parsePool, type StoragePool } from './storage-pool.ts';

export interface Hosts {
  readonly sourceUri: string;
  /** The source is this machine, so its file systems can be looked at. */
  readonly sourceIsLocal: boolean;
  /** Undefined when it cannot be asked. */
  readonly destinationUri: string | undefined;
}

/** Disks without a medium are left out. Never rejects. */
export async function locateDisks(disks: readonly Disk[], hosts: Hosts): Promise<DiskPlace[]> {
  const filled = disks.filter(({ source }) => source !== undefined);
  return await Promise.all(filled.map(async (disk) => await locate(disk, hosts)));
}

async function locate(disk: Disk, hosts: Hosts): Promise<DiskPlace> {
  const place = placeByType(disk) ?? (await placeOfFile(disk, hosts));
  const asks = disk.readOnly && disk.pool === undefined && place.sharing === 'local';
  const alsoThere = asks ? await isOnDestination(disk, hosts) : undefined;
  return { disk, ...place, alsoThere };
}

interface Place {
  readonly sharing: Sharing;
  readonly where: string | undefined;
}

const NOWHERE_KNOWN: Place = { sharing: 'unknown', where: undefined };

async function placeOfFile(disk: Disk, hosts: Hosts): Promise<Place> {
  const { sourceUri, sourceIsLocal } = hosts;
  const path = disk.source ?? '';
  if (disk.pool === undefined && sourceIsLocal) return await placeOnThisMachine(path);
  const holding = disk.pool ?? valueIn(await answerOf(poolHolding(sourceUri, path)));
  const pool = holding === undefined ? undefined : await poolOf(holding, sourceUri);
  if (pool === undefined) return NOWHERE_KNOWN;
  if (pool.sharing === 'local' && pool.folder !== undefined && sourceIsLocal)
    return await placeOnThisMachine(pool.folder);
  return { sharing: pool.sharing, where: `the storage pool "${pool.name}" (${pool.type})` };
}

async function placeOnThisMachine(path: string): Promise<Place> {
  const found = valueIn(await answerOf(fileSystemOf(path)));
  if (found === undefined) return { sharing: 'unknown', where: undefined };
  return { sharing: found.sharing, where: found.name };
}

async function poolOf(pool: string, uri: string): Promise<StoragePool | undefined> {
  return valueIn(await answerOf(virsh(uri, ['pool-dumpxml', `--pool=${pool}`]).then(parsePool)));
}

/** By its UUID: a name could be another pool's UUID. @throws {Error} of `virsh` */
async function poolHolding(uri: string, path: string): Promise<string> {
  return (await virsh(uri, ['vol-pool', '--uuid', `--vol=${path}`])).trim();
}

/** A host without libvirt's storage driver cannot tell. */
async function isOnDestination(
  { source = '' }: Disk,
  { destinationUri }: Hosts,
): Promise<boolean | undefined> {
  if (destinationUri === undefined) return undefined;
  const answer = await answerOf(poolHolding(destinationUri, source));
  if ('value' in answer) return true;
  return /no storage vol/i.test(answer.problem) ? false : undefined;
}
