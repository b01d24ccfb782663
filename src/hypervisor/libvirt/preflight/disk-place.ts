/** Where a disk's data lies, and whether the destination has it too. */
import type { Disk } from '../domain/domain-disks.ts';

export type Sharing =
  /** Several hosts have it. */
  | 'shared'
  /** Several hosts have it, and their page caches are kept the same. */
  | 'clustered'
  /** Only its host has it. */
  | 'local'
  /** A device: whether the destination has the same one under that name cannot be seen from here. */
  | 'device'
  | 'unknown';

export interface DiskPlace {
  readonly disk: Disk;
  readonly sharing: Sharing;
  /** Where that is: `NFS`, `the storage pool "default" (dir)`; undefined when the path says it all. */
  readonly where: string | undefined;
  /** Whether a storage pool of the destination has a file at the same path; undefined: not asked, or no answer. */
  readonly alsoThere: boolean | undefined;
}

/** What needs no looking: undefined for a file or a volume. */
export function placeByType(disk: Disk): Pick<DiskPlace, 'sharing' | 'where'> | undefined {
  switch (disk.type) {
    case 'network':
      return { sharing: 'shared', where: disk.protocol ?? 'the network' };
    case 'nvme':
      return { sharing: 'local', where: 'NVMe' };
    case 'block':
    case 'vhostuser':
    case 'vhostvdpa':
      return { sharing: 'device', where: undefined };
    case 'file':
    case 'volume':
      return undefined;
    default:
      // A folder shown as a disk (`dir`), and what libvirt may learn: it lets them pass unseen.
      return { sharing: 'unknown', where: `type ${disk.type}` };
  }
}
