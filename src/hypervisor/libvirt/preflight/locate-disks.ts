/** Asks where each disk of a domain lies. */

import { REAL_ACCESS, type VirshWays } from '../access.ts';
import type { Disk } from '../domain/domain-disks.ts';
import { answerOf, valueIn } from '../virsh/answer.ts';
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
export async function locateDisks(
  disks: readonly Disk[],
  hosts: Hosts,
  virsh: VirshWays = REAL_ACCESS.virsh,
): Promise<DiskPlace[]> {
  const filled = disks.filter(({ source }) => source !== undefined);
  return await Promise.all(filled.map(async (disk) => await locate(disk, hosts, virsh)));
}

async function locate(disk: Disk, hosts: Hosts, virsh: VirshWays): Promise<DiskPlace> {
  const place = placeByType(disk) ?? (await placeOfFile(disk, hosts, virsh));
  const asks = disk.readOnly && disk.pool === undefined && place.sharing === 'local';
  const alsoThere = asks ? await isOnDestination(disk, hosts, virsh) : undefined;
  return { disk, ...place, alsoThere };
}

interface Place {
  readonly sharing: Sharing;
  readonly where: string | undefined;
}

const NOWHERE_KNOWN: Place = { sharing: 'unknown', where: undefined };

async function placeOfFile(disk: Disk, hosts: Hosts, virsh: VirshWays): Promise<Place> {
  const { sourceUri, sourceIsLocal } = hosts;
  const path = disk.source ?? '';
  if (disk.pool === undefined && sourceIsLocal) return await placeOnThisMachine(path);
  const holding = disk.pool ?? valueIn(await answerOf(poolHolding(sourceUri, path, virsh)));
  const pool = holding === undefined ? undefined : await poolOf(holding, sourceUri, virsh);
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

async function poolOf(pool: string, uri: string, virsh: VirshWays): Promise<StoragePool | undefined> {
  return valueIn(await answerOf(virsh.run(uri, ['pool-dumpxml', `--pool=${pool}`]).then(parsePool)));
}

/** By its UUID: a name could be another pool's UUID. @throws {Error} of `virsh` */
async function poolHolding(uri: string, path: string, virsh: VirshWays): Promise<string> {
  return (await virsh.run(uri, ['vol-pool', '--uuid', `--vol=${path}`])).trim();
}

/** A host without libvirt's storage driver cannot tell. */
async function isOnDestination(
  { source = '' }: Disk,
  { destinationUri }: Hosts,
  virsh: VirshWays,
): Promise<boolean | undefined> {
  if (destinationUri === undefined) return undefined;
  const answer = await answerOf(poolHolding(destinationUri, source, virsh));
  if ('value' in answer) return true;
  return /no storage vol/i.test(answer.problem) ? false : undefined;
}
