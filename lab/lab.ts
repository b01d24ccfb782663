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
 * Any number of labs can be open at a time. Each ends when it is disposed of, when its process ends, and at
 * the latest, after a kill -9, when the next lab is opened.
 */
import { cleanUpOnExit } from './exit-cleanup.ts';
import { guestImage } from './guest/image.ts';
import { ADDRESSES, createHosts, DEFAULT_RATE_BITS_PER_SECOND, type Link, linkOf } from './hosts.ts';
import { type PairOptions, type QemuPair, startPair } from './qemu-pair.ts';
import { watchOwner } from './reaper.ts';
import { createRunFolder, newLabId, type RunFolder } from './run-folder.ts';
import { endLab, endLabNow, sweep } from './sweep.ts';

export interface LabOptions {
  /** Up to 12 lower-case letters and digits. Default: six random ones. */
  readonly id?: string;
  /** Of the link, in each direction. Default 480 Mbit/s. */
  readonly rateBitsPerSecond?: number;
  /** True: after {@link Lab.release} the lab outlives this process. */
  readonly keep?: boolean;
}

const FIRST_MIGRATE_PORT = 4444;

export class Lab implements AsyncDisposable {
  readonly id: string;
  /** The run folder, with the console and the log of every QEMU. */
  readonly folder: string;
  readonly keep: boolean;
  readonly link: Link;
  readonly sourceAddress = ADDRESSES.source;
  readonly destinationAddress = ADDRESSES.destination;

  #pairCount = 0;
  /** Undefined once the lab is closed or released. */
  #forgetCleanUp: (() => void) | undefined;

  constructor(folder: RunFolder) {
    this.id = folder.id;
    this.folder = folder.path;
    this.keep = folder.keep;
    this.link = linkOf(folder.id);
    this.#forgetCleanUp = cleanUpOnExit(() => endLabNow(folder));
  }

  /** Starts both QEMUs and returns when their monitors answer; the guest still boots. @throws {QemuStartError} */
  async startPair(options: PairOptions): Promise<QemuPair> {
    const number = this.#pairCount++;
    const place = {
      labId: this.id,
      folder: this.folder,
      keep: this.keep,
      image: await guestImage(),
      vmName: `vm${number + 1}`,
      migratePort: FIRST_MIGRATE_PORT + number,
    };
    return await startPair(place, options);
  }

  /** Lets a kept lab go on without this process. */
  release(): void {
    if (!this.keep) throw new Error(`lab ${this.id} was not opened with keep: it dies with its owner`);
    this.#forgetCleanUp?.();
    this.#forgetCleanUp = undefined;
  }

  /** Kills every QEMU of the lab and removes its hosts and files. Does nothing after {@link release}. */
  async close(): Promise<void> {
    const forget = this.#forgetCleanUp;
    if (forget === undefined) return;
    this.#forgetCleanUp = undefined;
    await endLab({ id: this.id, path: this.folder });
    forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Sweeps what dead labs have left, then makes two hosts and the link between them.
 * @throws {LabIdError} @throws {CommandError}
 */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  await sweep();
  const folder = await createRunFolder(options.id ?? newLabId(), options.keep ?? false);
  const lab = new Lab(folder);
  try {
    await createHosts(folder.id, options.rateBitsPerSecond ?? DEFAULT_RATE_BITS_PER_SECOND);
    if (!folder.keep) watchOwner(folder.path);
    return lab;
  } catch (error) {
    await lab.close();
    throw error;
  }
}
