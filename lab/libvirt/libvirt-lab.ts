/**
 * A lab of real libvirt hosts on this machine, each with a libvirtd of its own, joined by a shaped network.
 *
 *     await using lab = await openLibvirtLab();
 *     const [host1, host2] = lab.hosts;
 *     const guest = await lab.startGuest(host1, { name: 'vm1', workload: { kind: 'loop', wssMiB: 128 } });
 *     const before = await guest.status();
 *     … migrate from host1.uri to host2.tcpUri, on the network of host1.namespace …
 *     const arrival = await verifyArrival(before, guest);
 *
 * Any number of labs can be open at a time.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { labAccelerator } from '../accelerator.ts';
import { type GuestImage, guestImage } from '../guest/image.ts';
import type { Workload } from '../guest/workload.ts';
import { type Link, linkOf } from '../link.ts';
import { MAX_HOSTS } from '../namespaces.ts';
import { type LabOptions, OpenLab, openOn } from '../open-lab.ts';
import { DEFAULT_QEMU_BINARY, losesTcgWrites, qemuVersion } from '../qemu-version.ts';
import type { RunFolder } from '../run-folder.ts';
import { Turns } from '../turns.ts';
import { keepCapabilities, lendCapabilities } from './capabilities.ts';
import { domainXml } from './domain-xml.ts';
import { sharedGuestFolder } from './host-files.ts';
import { writeHostTables } from './host-tables.ts';
import { type GuestPlace, LibvirtGuest, serialPaths } from './libvirt-guest.ts';
import { hostsOf, type LibvirtHost } from './libvirt-host.ts';
import type { TcpAuthentication } from './libvirtd-settings.ts';

export interface LibvirtLabOptions extends LabOptions {
  /** Default 2, at most 4. */
  readonly hosts?: number;
  /** What each host asks of those who connect over TCP; `none` for those not named. */
  readonly authTcp?: readonly TcpAuthentication[];
}

export interface GuestOptions {
  /** Anything that libvirt takes for a domain's name. */
  readonly name: string;
  readonly workload: Workload;
  /** In place of its workload's. */
  readonly image?: GuestImage;
  /** Default 512, at least 80: enough for an idle guest of 1 MiB. */
  readonly memoryMiB?: number;
  /** XML, put among the domain's devices as it is. */
  readonly extraDevicesXml?: string;
  /** Default qemu64. */
  readonly cpuModel?: string;
  /** False: a transient domain. Default true: persistent. */
  readonly define?: boolean;
  /** False: returns while the guest still boots. */
  readonly wait?: boolean;
}

const DEFAULT_MEMORY_MIB = 512;
/** With 64 MiB the guest's kernel finds no room to unpack itself, and says nothing. */
const MIN_MEMORY_MIB = 80;

export class LibvirtLab extends OpenLab {
  /** The network of all hosts. */
  readonly link: Link;
  readonly hosts: readonly [LibvirtHost, LibvirtHost, ...LibvirtHost[]];

  #guestCount = 0;
  /** Guests that boot all at once take so long that their kernels find their timers broken. */
  readonly #boots = new Turns(availableParallelism());
  /** By what they boot. */
  readonly #images = new Map<string, Promise<GuestImage>>();

  constructor(folder: RunFolder, hostCount: number) {
    super(folder);
    this.link = linkOf(folder.id, hostCount);
    this.hosts = hostsOf({ labId: folder.id, labFolder: folder.path, keep: folder.keep, hostCount });
  }

  /** Only for {@link openLibvirtLab}. */
  async startHosts(authTcp: readonly TcpAuthentication[]): Promise<void> {
    await mkdir(sharedGuestFolder(this.folder));
    await writeHostTables(this.folder, this.hosts);
    const starts = this.hosts.map(async (host, index) => {
      await host.configure(randomUUID(), authTcp[index] ?? 'none');
      await lendCapabilities(host.files);
      await host.startLibvirtd();
    });
    // All of them, even when one fails: what still starts must not outrun the clean-up.
    const failed = (await Promise.allSettled(starts)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    // At the first question about QEMU a libvirtd starts some to find out what they can. On an emulated host that takes
    // longer than anybody who asks would wait.
    if (labAccelerator() === 'kvm') for (const host of this.hosts) await host.virsh('version');
  }

  /**
   * Many can be asked for at once: they boot in turns.
   * @returns when the guest is at work
   * @throws {CommandError} when libvirt refuses it @throws {GuestFailedError} @throws {WaitTimeoutError}
   */
  async startGuest(host: LibvirtHost, options: GuestOptions): Promise<LibvirtGuest> {
    const memoryMiB = options.memoryMiB ?? DEFAULT_MEMORY_MIB;
    if (memoryMiB < MIN_MEMORY_MIB)
      throw new RangeError(`a guest needs at least ${MIN_MEMORY_MIB} MiB, not ${memoryMiB}`);
    await refuseOldQemu();
    return await this.#boots.take(async () => await this.#boot(host, options, memoryMiB));
  }

  async #boot(host: LibvirtHost, options: GuestOptions, memoryMiB: number): Promise<LibvirtGuest> {
    const fileName = `guest${++this.#guestCount}`;
    const place: GuestPlace = { name: options.name, uuid: randomUUID(), fileName };
    const { kind } = options.workload;
    const boots = options.image?.initramfsPath ?? kind;
    const image = this.#images.get(boots) ?? this.#linkImage(options.image ?? guestImage(kind));
    this.#images.set(boots, image);
    const xml = domainXml({
      ...place,
      accelerator: labAccelerator(),
      ...serialPaths(sharedGuestFolder(this.folder), fileName),
      workload: options.workload,
      memoryMiB,
      image: await image,
      cpuModel: options.cpuModel ?? 'qemu64',
      extraDevicesXml: options.extraDevicesXml ?? '',
    });
    const xmlPath = join(this.folder, `${fileName}.xml`);
    await writeFile(xmlPath, xml);
    // Made by libvirtd they would be for root alone to read.
    for (const { files } of this.hosts) {
      const { consolePath, serialLogPath } = serialPaths(files.guestFolder, fileName);
      for (const path of [consolePath, serialLogPath]) await writeFile(path, '');
    }
    if (options.define ?? true) {
      await host.virsh('define', xmlPath);
      await host.virsh('start', place.uuid);
    } else await host.virsh('create', xmlPath);
    await keepCapabilities(host.files);
    const guest = new LibvirtGuest(place, this.hosts);
    if (options.wait ?? true) await guest.on(host).ready();
    return guest;
  }

  /** In the run folder, so that a QEMU's command line tells which lab it belongs to. */
  async #linkImage(made: GuestImage | Promise<GuestImage>): Promise<GuestImage> {
    const number = this.#images.size + 1;
    const image = await made;
    const path = (name: string) => join(this.folder, `${name}${number}`);
    const linked = { kernelPath: path('kernel'), initramfsPath: path('initramfs') };
    await symlink(image.kernelPath, linked.kernelPath);
    await symlink(image.initramfsPath, linked.initramfsPath);
    return linked;
  }
}

/** The odd RAM size that would keep its guests safe is none that libvirt allows: it rounds to whole MiB. */
async function refuseOldQemu(): Promise<void> {
  const version = await qemuVersion(DEFAULT_QEMU_BINARY);
  if (labAccelerator() === 'tcg' && losesTcgWrites(version))
    throw new Error(
      `QEMU ${version.text} loses writes of emulated guests while they migrate: libvirt hosts need QEMU 9.0 or newer`,
    );
}

/**
 * Sweeps what dead labs have left, then starts hosts that know each other.
 * @throws {LabIdError} @throws {CommandError} @throws {LibvirtdStartError}
 */
export async function openLibvirtLab(options: LibvirtLabOptions = {}): Promise<LibvirtLab> {
  const hostCount = options.hosts ?? 2;
  if (!Number.isInteger(hostCount) || hostCount < 2 || hostCount > MAX_HOSTS)
    throw new RangeError(`a lab has 2 to ${MAX_HOSTS} hosts, not ${hostCount}`);
  const lab = await openOn(options, hostCount, (folder) => new LibvirtLab(folder, hostCount));
  try {
    await lab.startHosts(options.authTcp ?? []);
    return lab;
  } catch (error) {
    await lab.close();
    throw error;
  }
}
