/**
 * A guest on its source host, and the empty QEMU on the other host that is to take it.
 */
import { labAccelerator } from './accelerator.ts';
import type { GuestImage } from './guest/image.ts';
import type { Workload } from './guest/workload.ts';
import { LabGuest } from './lab-guest.ts';
import { ADDRESSES, namespaceOf, type Side } from './namespaces.ts';
import { guestPaths, type QemuSettings } from './qemu-command.ts';
import { findQemu, startQemu } from './qemu-process.ts';
import { DEFAULT_QEMU_BINARY, losesTcgWrites, memoryOffFastPath, qemuVersion } from './qemu-version.ts';

/** What one side has differently, for tests of pairs that do not fit each other. */
export interface SideOverrides {
  readonly memoryMiB?: number;
  readonly machine?: string;
  /** Default: what the lab's host says. */
  readonly accel?: string;
  readonly qemuBinary?: string;
  /** Appended to the command line. */
  readonly extraArgs?: readonly string[];
}

export interface PairOptions {
  readonly workload: Workload;
  /** Default 512. */
  readonly memoryMiB?: number;
  readonly source?: SideOverrides;
  /** `none`: only a source, for instance until {@link QemuPair.startDestination}. */
  readonly destination?: SideOverrides | 'none';
  /** `defer` (the default) waits for migrate-incoming; a URI listens from the start. `listen`: the pair's own. */
  readonly incoming?: 'defer' | 'listen' | (string & {});
}

/** What a pair lives in: taken from the lab, and written down so that another process can find the pair again. */
export interface PairPlace {
  readonly labId: string;
  readonly folder: string;
  readonly keep: boolean;
  readonly image: GuestImage;
  readonly vmName: string;
  /** The destination's port for migrations; each pair of a lab has its own. */
  readonly migratePort: number;
}

const DEFAULT_MEMORY_MIB = 512;

export class QemuPair {
  readonly place: PairPlace;
  readonly options: PairOptions;
  #source: LabGuest;
  #destination: LabGuest | undefined;
  /** The host that the destination is on; the source is on the other one. */
  #destinationHost: Side = 'destination';

  constructor(place: PairPlace, options: PairOptions, source: LabGuest, destination: LabGuest | undefined) {
    this.place = place;
    this.options = options;
    this.#source = source;
    this.#destination = destination;
  }

  get source(): LabGuest {
    return this.#source;
  }

  /** Where a migration is sent: `tcp:10.77.0.2:4444`. */
  get migrateUri(): string {
    return uriOf(this.place, this.#destinationHost);
  }

  /** @throws {Error} while there is none (`destination: 'none'`) */
  get destination(): LabGuest {
    if (this.#destination === undefined)
      throw new Error(`${this.place.vmName} has no destination: call startDestination() first`);
    return this.#destination;
  }

  get hasDestination(): boolean {
    return this.#destination !== undefined;
  }

  /** Waits until the guest is at work on the source. @throws {GuestFailedError} @throws {WaitTimeoutError} */
  async ready(timeoutMs?: number): Promise<void> {
    await this.source.ready(timeoutMs);
  }

  /**
   * Starts the destination anew, under the same paths: a QEMU whose incoming migration failed or was cancelled
   * has ended. One that is still there is killed.
   */
  async startDestination(overrides?: SideOverrides): Promise<LabGuest> {
    // Only when the old one is gone: on its way out it removes its sockets, which have the same names.
    if (this.#destination !== undefined) await endQemu(this.#destination);
    this.#destination = await startSide(
      this.place,
      this.options,
      { role: 'destination', host: this.#destinationHost },
      overrides,
    );
    return this.#destination;
  }

  /**
   * Makes the side at which the guest has arrived the source, and starts a new destination on the host that it has
   * left: the next migration goes back. The files of a side are named after its host and stay so.
   */
  async turnAround(): Promise<void> {
    const arrived = this.destination;
    await endQemu(this.#source);
    this.#source = arrived;
    this.#destination = undefined;
    this.#destinationHost = this.#destinationHost === 'source' ? 'destination' : 'source';
    await this.startDestination();
  }

  /** Kills both QEMUs. */
  async stop(): Promise<void> {
    await Promise.all([this.source, this.#destination].map(async (guest) => guest && (await endQemu(guest))));
  }
}

/** @throws {QemuStartError} */
export async function startPair(place: PairPlace, options: PairOptions): Promise<QemuPair> {
  const source = await startSide(place, options, { role: 'source', host: 'source' });
  try {
    const destination =
      options.destination === 'none'
        ? undefined
        : await startSide(place, options, { role: 'destination', host: 'destination' });
    return new QemuPair(place, options, source, destination);
  } catch (error) {
    await endQemu(source);
    throw error;
  }
}

/** @returns the pair that another process has started, with the sides of it that are still there */
export async function findPair(
  place: PairPlace,
  options: PairOptions,
): Promise<Partial<Record<Side, LabGuest>>> {
  const offFastPath = await needsOffFastPath(options);
  const find = (side: Side) => {
    const name = `${place.vmName}-${side}`;
    const paths = guestPaths(place.folder, name);
    const process = findQemu(paths.pidPath, paths.qmpPath);
    return process === undefined ? {} : { [side]: new LabGuest(name, paths, process, offFastPath) };
  };
  return { ...find('source'), ...find('destination') };
}

/** What a QEMU is for, and on which of the two hosts. */
interface Post {
  readonly role: Side;
  readonly host: Side;
}

async function startSide(
  place: PairPlace,
  options: PairOptions,
  { role, host }: Post,
  overrides: SideOverrides = overridesOf(options, role),
): Promise<LabGuest> {
  const name = `${place.vmName}-${host}`;
  const paths = guestPaths(place.folder, name);
  const offFastPath = await needsOffFastPath(options);
  const memoryBytes = (overrides.memoryMiB ?? options.memoryMiB ?? DEFAULT_MEMORY_MIB) * 2 ** 20;
  const settings: QemuSettings = {
    vmName: place.vmName,
    paths,
    image: place.image,
    workload: options.workload,
    memoryBytes: offFastPath ? memoryOffFastPath(memoryBytes) : memoryBytes,
    binary: overrides.qemuBinary ?? DEFAULT_QEMU_BINARY,
    machine: overrides.machine ?? 'pc',
    accel: overrides.accel ?? labAccelerator(),
    incoming: role === 'source' ? undefined : incomingOf(place, options, host),
    extraArgs: overrides.extraArgs ?? [],
  };
  const process = await startQemu(settings, namespaceOf(place.labId, host), place.keep);
  return new LabGuest(name, paths, process, offFastPath);
}

function incomingOf(place: PairPlace, options: PairOptions, host: Side): string {
  const incoming = options.incoming ?? 'defer';
  return incoming === 'listen' ? uriOf(place, host) : incoming;
}

function uriOf(place: PairPlace, host: Side): string {
  return `tcp:${ADDRESSES[host]}:${place.migratePort}`;
}

function overridesOf(options: PairOptions, side: Side): SideOverrides {
  const overrides = options[side];
  return overrides === undefined || overrides === 'none' ? {} : overrides;
}

/** Both sides need the same RAM size, so one old QEMU decides for both. */
async function needsOffFastPath(options: PairOptions): Promise<boolean> {
  const sides = [overridesOf(options, 'source'), overridesOf(options, 'destination')];
  const emulated = sides.some(({ accel }) => (accel ?? labAccelerator()).startsWith('tcg'));
  const binaries = new Set(sides.map(({ qemuBinary }) => qemuBinary ?? DEFAULT_QEMU_BINARY));
  const versions = await Promise.all([...binaries].map(qemuVersion));
  return emulated && versions.some(losesTcgWrites);
}

async function endQemu(guest: LabGuest): Promise<void> {
  guest.kill('SIGKILL');
  await guest.exited;
}
