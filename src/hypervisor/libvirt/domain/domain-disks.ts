/** The disks of a domain. */
import type { Element } from '@xmldom/xmldom';
import { at, attributeOf, childrenOf } from './xml.ts';

export interface Disk {
  /** `vda`. */
  readonly target: string;
  readonly device: 'disk' | 'cdrom' | 'floppy' | 'lun';
  /** `file`, `block`, `network`, `dir`, `volume`, `nvme`, `vhostuser`, `vhostvdpa`. */
  readonly type: string;
  /** Of a network disk: `rbd`, `iscsi`, `nbd`, … */
  readonly protocol: string | undefined;
  /** What it reads: a path, a name on the network, or `pool/volume`. Undefined: nothing, as a drive without medium. */
  readonly source: string | undefined;
  /** Of a volume: its storage pool. */
  readonly pool: string | undefined;
  /** As stated; undefined: the hypervisor's default, which is `writeback`. */
  readonly cache: string | undefined;
  readonly readOnly: boolean;
  /** Several guests write to it, so libvirt takes it for shared. */
  readonly shareable: boolean;
  /** libvirt starts the guest on the destination without it when it is not there. */
  readonly mayBeMissing: boolean;
}

const DEVICES = ['disk', 'cdrom', 'floppy', 'lun'] as const;

export function disksOf(devices: Element | undefined): Disk[] {
  return childrenOf(devices, 'disk').map(diskOf);
}

function diskOf(disk: Element): Disk {
  const source = at(disk, 'source');
  const device = attributeOf(disk, 'device');
  return {
    target: attributeOf(at(disk, 'target'), 'dev') ?? 'disk',
    device: DEVICES.find((known) => known === device) ?? 'disk',
    type: attributeOf(disk, 'type') ?? 'file',
    protocol: attributeOf(source, 'protocol'),
    source: sourceOf(source),
    pool: attributeOf(source, 'pool'),
    cache: attributeOf(at(disk, 'driver'), 'cache'),
    readOnly: at(disk, 'readonly') !== undefined,
    shareable: at(disk, 'shareable') !== undefined,
    // `requisite` is needed at a fresh start only ("Drop if missing on migrate/restore/revert", formatdomain).
    mayBeMissing: ['optional', 'requisite'].includes(attributeOf(source, 'startupPolicy') ?? ''),
  };
}

function sourceOf(source: Element | undefined): string | undefined {
  if (source === undefined) return undefined;
  const volume = attributeOf(source, 'volume');
  if (volume !== undefined) return `${attributeOf(source, 'pool') ?? ''}/${volume}`;
  const named = ['file', 'dev', 'dir', 'name', 'path'].map((name) => attributeOf(source, name));
  return named.find((name) => name !== undefined) ?? addressOf(source);
}

/** An NVMe disk is named by the address of its controller. */
function addressOf(source: Element): string | undefined {
  const address = at(source, 'address');
  if (address !== undefined) return pciAddress(address);
  const protocol = attributeOf(source, 'protocol') ?? attributeOf(source, 'type');
  return protocol === undefined ? undefined : protocol;
}

/** As lspci prints it: `0000:65:00.1`; a part that is no number as it is written. */
export function pciAddress(address: Element): string {
  const part = (name: string, digits: number) => {
    const written = attributeOf(address, name) ?? '0';
    const number = Number(written);
    return Number.isSafeInteger(number) ? number.toString(16).padStart(digits, '0') : written;
  };
  return `${part('domain', 4)}:${part('bus', 2)}:${part('slot', 2)}.${part('function', 1)}`;
}
