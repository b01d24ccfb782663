/**
 * A lab: two hosts with a shaped link, on this machine, and the QEMU pairs that run on them.
 *
 *     await using lab = await openLab();
 *     const pair = await lab.startPair({ workload: { kind: 'loop', wssMiB: 128 } });
 *     await pair.ready();
 *     const before = await pair.source.status();
 *     … migrate to pair.migrateUri …
 *     const arrival = await verifyArrival(before, pair.destination, pair.source);
 *
 * Any number of labs can be open at a time.
 */
import { guestImage } from './guest/image.ts';
import { type Link, linkOf } from './link.ts';
import { ADDRESSES } from './namespaces.ts';
import { type LabOptions, OpenLab, openOn } from './open-lab.ts';
import { type PairOptions, type QemuPair, startPair } from './qemu-pair.ts';
import type { RunFolder } from './run-folder.ts';

export type { LabOptions };

const FIRST_MIGRATE_PORT = 4444;

export class Lab extends OpenLab {
  readonly link: Link;
  readonly sourceAddress = ADDRESSES.source;
  readonly destinationAddress = ADDRESSES.destination;

  #pairCount = 0;

  constructor(folder: RunFolder) {
    super(folder);
    this.link = linkOf(folder.id);
  }

  /** Starts both QEMUs and returns when their monitors answer; the guest still boots. @throws {QemuStartError} */
  async startPair(options: PairOptions): Promise<QemuPair> {
    const number = this.#pairCount++;
    const place = {
      labId: this.id,
      folder: this.folder,
      keep: this.keep,
      image: await guestImage(options.workload.kind),
      vmName: `vm${number + 1}`,
      migratePort: FIRST_MIGRATE_PORT + number,
    };
    return await startPair(place, options);
  }
}

/**
 * Sweeps what dead labs have left, then makes two hosts and the link between them.
 * @throws {LabIdError} @throws {CommandError}
 */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  return await openOn(options, 2, (folder) => new Lab(folder));
}
