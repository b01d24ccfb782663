/**
 * What all labs have in common: a run folder, hosts, and an end. Each ends when it is disposed of, when its
 * process ends, and at the latest, after a kill -9, when the next lab is opened.
 */
import { cleanUpOnExit } from './exit-cleanup.ts';
import { createHosts } from './hosts.ts';
import { DEFAULT_RATE_BITS_PER_SECOND } from './link.ts';
import { listNamespaces } from './namespaces.ts';
import { watchOwner } from './reaper.ts';
import { createRunFolder, newLabId, type RunFolder } from './run-folder.ts';
import { endLab, endLabNow, sweep } from './sweep.ts';

export interface LabOptions {
  /** Up to 12 lower-case letters and digits. Default: six random ones. */
  readonly id?: string;
  /** Of the link, in each direction. Default 480 Mbit/s. */
  readonly rateBitsPerSecond?: number;
  /** True: after `release()` the lab outlives this process. */
  readonly keep?: boolean;
}

export class OpenLab implements AsyncDisposable {
  readonly id: string;
  /** The run folder, with the console and the log of every QEMU. */
  readonly folder: string;
  readonly keep: boolean;

  #dismissReaper: () => void = () => undefined;
  /** Undefined once the lab is closed or released. */
  #forgetCleanUp: (() => void) | undefined;

  /** Only for {@link openOn}. */
  constructor(folder: RunFolder) {
    this.id = folder.id;
    this.folder = folder.path;
    this.keep = folder.keep;
    this.#forgetCleanUp = cleanUpOnExit(() => endLabNow(folder));
  }

  /** Only for {@link openOn}. */
  async createHosts(rateBitsPerSecond: number, hostCount: number): Promise<void> {
    await createHosts(this.id, rateBitsPerSecond, hostCount);
    const namespaces = listNamespaces(this.id).map(({ name }) => name);
    if (!this.keep) this.#dismissReaper = watchOwner(this.folder, namespaces);
  }

  /** Lets a kept lab go on without this process. */
  release(): void {
    if (!this.keep) throw new Error(`lab ${this.id} was not opened with keep: it dies with its owner`);
    this.#forgetCleanUp?.();
    this.#forgetCleanUp = undefined;
  }

  /** Kills every process of the lab and removes its hosts and files. Does nothing after {@link release}. */
  async close(): Promise<void> {
    const forget = this.#forgetCleanUp;
    if (forget === undefined) return;
    this.#forgetCleanUp = undefined;
    this.#dismissReaper();
    await endLab({ id: this.id, path: this.folder });
    forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Sweeps what dead labs have left, then makes hosts and the link between them.
 * @throws {LabIdError} @throws {CommandError}
 */
export async function openOn<L extends OpenLab>(
  options: LabOptions,
  hostCount: number,
  make: (folder: RunFolder) => L,
): Promise<L> {
  await sweep();
  const lab = make(await createRunFolder(options.id ?? newLabId(), options.keep ?? false));
  try {
    await lab.createHosts(options.rateBitsPerSecond ?? DEFAULT_RATE_BITS_PER_SECOND, hostCount);
    return lab;
  } catch (error) {
    await lab.close();
    throw error;
  }
}
