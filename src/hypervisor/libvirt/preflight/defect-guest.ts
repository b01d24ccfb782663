/** What of a domain's XML decides whether a known defect of libvirt or QEMU concerns it. */
import type { Element } from '@xmldom/xmldom';
import type { DefectConditions } from '../../qemu-rules/known-defects.ts';
import { at, attributeOf, childrenOf, parseXml } from '../domain/xml.ts';

export type DefectGuest = Required<
  Pick<DefectConditions, 'vfio' | 'threadsPerCore' | 'virtioVideo' | 'emulatedTpm'>
>;

/** @param domainXml that was read before, so it is well-formed */
export function defectGuestOf(domainXml: string): DefectGuest {
  const domain = parseXml(domainXml);
  const devices = at(domain, 'devices');
  const threads = Number(attributeOf(at(domain, 'cpu', 'topology'), 'threads') ?? 1);
  return {
    vfio: childrenOf(devices).some(isVfio),
    threadsPerCore: Number.isInteger(threads) ? threads : 1,
    virtioVideo: childrenOf(devices, 'video').some(
      (video) => attributeOf(at(video, 'model'), 'type') === 'virtio',
    ),
    emulatedTpm: childrenOf(devices, 'tpm').some(
      (tpm) => attributeOf(at(tpm, 'backend'), 'type') === 'emulator',
    ),
  };
}

/** One that stays plugged: QEMU unplugs the transient card of a team for the migration. */
function isVfio(device: Element): boolean {
  if (attributeOf(at(device, 'teaming'), 'type') === 'transient') return false;
  const type = attributeOf(device, 'type');
  if (device.localName === 'interface') return type === 'hostdev';
  return device.localName === 'hostdev' && (type === 'pci' || type === 'mdev');
}
