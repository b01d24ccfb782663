/**
 * A guest of a libvirt lab, on whichever host it is.
 */
import { join } from 'node:path';
import type { Verifiable } from '../arrival.ts';
import type { GuestStatus, GuestVerification } from '../guest/answers.ts';
import { GuestLines, type LinePaths } from '../guest-lines.ts';
import { readPidFile } from '../process-identity.ts';
import { pidFilesIn } from '../processes.ts';
import type { LibvirtHost } from './libvirt-host.ts';

/** The guest runs on no host, or not on the one asked. */
export class GuestPlaceError extends Error {
  override readonly name = 'GuestPlaceError';
}

/** What another process needs to find a guest again. */
export interface GuestPlace {
  readonly name: string;
  readonly uuid: string;
  /** What its files are called: its name may be anything. */
  readonly fileName: string;
}

/** Where a guest's serial ports end in a folder. */
export function serialPaths(guestFolder: string, fileName: string): Omit<LinePaths, 'logPath'> {
  const path = (suffix: string) => join(guestFolder, `${fileName}.${suffix}`);
  return { consolePath: path('console'), serialPath: path('serial'), serialLogPath: path('serial.log') };
}

/** A guest as one host has it. */
export class GuestOnHost extends GuestLines {
  readonly host: LibvirtHost;
  readonly #place: GuestPlace;

  constructor(place: GuestPlace, host: LibvirtHost) {
    const { guestFolder, qemuLogFolder } = host.files;
    super({
      ...serialPaths(guestFolder, place.fileName),
      logPath: join(qemuLogFolder, `${place.name}.log`),
    });
    this.host = host;
    this.#place = place;
  }

  /** Its QEMU; undefined when it has none here. */
  get pid(): number | undefined {
    // Not by the file's name, which libvirt makes from the guest's by escaping it as XML text.
    for (const path of pidFilesIn(this.host.files.qemuPidFolder)) {
      const process = readPidFile(path, this.#place.uuid);
      if (process !== undefined) return process.pid;
    }
    return undefined;
  }

  /** libvirt's word for it: `running`, `paused`, `shut off`, …; undefined when the host does not know it. */
  async state(): Promise<string | undefined> {
    return await this.host.virsh('domstate', this.#place.uuid).catch(() => undefined);
  }

  /** Waits until the guest is at work. @throws {GuestFailedError} @throws {WaitTimeoutError} */
  async ready(timeoutMs?: number): Promise<void> {
    await this.untilReady(this.#place.name, () => this.pid !== undefined, timeoutMs);
  }
}

export class LibvirtGuest implements Verifiable {
  readonly name: string;
  readonly uuid: string;
  readonly place: GuestPlace;
  readonly #sides: readonly GuestOnHost[];

  constructor(place: GuestPlace, hosts: readonly LibvirtHost[]) {
    this.name = place.name;
    this.uuid = place.uuid;
    this.place = place;
    this.#sides = hosts.map((host) => new GuestOnHost(place, host));
  }

  /** The guest as this host has it, if it has. */
  on(host: LibvirtHost): GuestOnHost {
    const side = this.#sides.find((each) => each.host.name === host.name);
    if (side === undefined) throw new GuestPlaceError(`${host.name} is no host of this lab`);
    return side;
  }

  /** The guest as the host on which it runs has it; undefined when it runs nowhere, or its libvirtd is down. */
  async whereabouts(): Promise<GuestOnHost | undefined> {
    for (const side of this.#sides) {
      if (side.pid !== undefined && (await side.state()) === 'running') return side;
    }
    return undefined;
  }

  /** Where the workload stands. @throws {GuestPlaceError} @throws {GuestAnswerError} */
  async status(timeoutMs?: number): Promise<GuestStatus> {
    return await (await this.#running()).status(timeoutMs);
  }

  /** Has the guest check all its pages. @throws {GuestPlaceError} @throws {GuestAnswerError} */
  async verify(timeoutMs?: number): Promise<GuestVerification> {
    return await (await this.#running()).verify(timeoutMs);
  }

  /** Of every host that it has been on. */
  async consoleProblems(): Promise<string[]> {
    return (await Promise.all(this.#sides.map(async (side) => await side.consoleProblems()))).flat();
  }

  async #running(): Promise<GuestOnHost> {
    const side = await this.whereabouts();
    if (side === undefined) throw new GuestPlaceError(`${this.name} runs on no host`);
    return side;
  }
}
