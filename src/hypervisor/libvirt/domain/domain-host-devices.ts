/** Devices and folders of its host that a domain uses directly. */
import type { Element } from '@xmldom/xmldom';
import { pciAddress } from './domain-disks.ts';
import { at, attributeOf, childrenOf } from './xml.ts';

export interface HostDevice {
  /** As a person recognises it: `the PCI device 0000:65:00.1`. */
  readonly words: string;
  /**
   * libvirt migrates a guest with USB devices of its host: they vanish on the source, and the destination must
   * have such ones (qemuMigrationSrcIsAllowedHostdev, src/qemu/qemu_migration.c).
   */
  readonly usb: boolean;
}

/**
 * A PCI device with `<teaming type="transient">` is none: QEMU unplugs it for the migration by itself, and the
 * guest goes on with the other network card of the team.
 */
export function hostDevicesOf(devices: Element | undefined): HostDevice[] {
  const own = childrenOf(devices, 'hostdev').filter(staysPlugged).map(hostDeviceOf);
  const cards = childrenOf(devices, 'interface').filter(staysPlugged).flatMap(networkCardOf);
  const folders = childrenOf(devices, 'filesystem').flatMap(folderOf);
  return [...own, ...cards, ...folders];
}

function staysPlugged(device: Element): boolean {
  return attributeOf(at(device, 'teaming'), 'type') !== 'transient';
}

function hostDeviceOf(device: Element): HostDevice {
  const type = attributeOf(device, 'type') ?? '';
  return { words: wordsFor(device, type), usb: type === 'usb' };
}

function wordsFor(device: Element, type: string): string {
  const source = at(device, 'source');
  const address = at(source, 'address');
  const mode = attributeOf(device, 'mode');
  if (mode === 'capabilities') return `the host's ${type || 'device'} (<hostdev mode="capabilities">)`;
  if (type === 'pci' && address) return `the PCI device ${pciAddress(address)}`;
  if (type === 'usb') return `the USB device ${usbName(source)}`;
  if (type === 'mdev') return `the mediated device ${attributeOf(address, 'uuid') ?? ''}`;
  if (type === 'scsi') return `the SCSI device ${scsiName(source)}`;
  return `a ${type} device of the host`;
}

function usbName(source: Element | undefined): string {
  const id = (name: string) => attributeOf(at(source, name), 'id')?.replace(/^0x/, '');
  const address = at(source, 'address');
  if (id('vendor') !== undefined) return `${id('vendor')}:${id('product') ?? '?'}`;
  return `on bus ${attributeOf(address, 'bus') ?? '?'}, device ${attributeOf(address, 'device') ?? '?'}`;
}

function scsiName(source: Element | undefined): string {
  const address = at(source, 'address');
  const [bus, target, unit] = ['bus', 'target', 'unit'].map((name) => attributeOf(address, name) ?? '0');
  const adapter = attributeOf(at(source, 'adapter'), 'name') ?? attributeOf(source, 'name') ?? '';
  return `${adapter} ${bus}:${target}:${unit}`.trim();
}

/** libvirt 11.3 migrates it with a virtiofsd from 1.11 on, 9.0 not at all (https://libvirt.org/kbase/virtiofs). */
function folderOf(folder: Element): HostDevice[] {
  if (attributeOf(at(folder, 'driver'), 'type') !== 'virtiofs') return [];
  const path = attributeOf(at(folder, 'source'), 'dir') ?? '';
  return [{ words: `the folder ${path} (virtiofs)`, usb: false }];
}

/** A running domain's XML shows what a card of a network has become, so `hostdev` stands there as well. */
function networkCardOf(card: Element): HostDevice[] {
  const type = attributeOf(card, 'type');
  const address = at(card, 'source', 'address');
  const mac = attributeOf(at(card, 'mac'), 'address');
  const guestSide = mac === undefined ? '' : ` (network card ${mac})`;
  if (type === 'hostdev')
    return [{ words: `the PCI device ${address ? pciAddress(address) : ''}${guestSide}`, usb: false }];
  if (type === 'vdpa')
    return [
      { words: `the vDPA device ${attributeOf(at(card, 'source'), 'dev') ?? ''}${guestSide}`, usb: false },
    ];
  return [];
}
