/** A domain as `virsh dumpxml` tells it, as far as a migration cares. */
import type { Element } from '@xmldom/xmldom';
import { type Disk, disksOf } from './domain-disks.ts';
import { type HostDevice, hostDevicesOf } from './domain-host-devices.ts';
import { obstaclesOf } from './domain-obstacles.ts';
import { memoryBytes } from './memory-size.ts';
import { at, attributeOf, childrenOf, parseXml, textOf } from './xml.ts';

export interface DomainDescription {
  readonly name: string;
  readonly uuid: string;
  /** `kvm`, `qemu` (QEMU without KVM), … */
  readonly type: string;
  readonly memoryBytes: number;
  /** Plugged in now. Undefined: it does not say. */
  readonly vcpus: number | undefined;
  /** The memory comes from huge pages, so the host's free memory says nothing about it. */
  readonly hugePages: boolean;
  /** RDMA needs one. */
  readonly memoryHardLimit: boolean;
  readonly arch: string;
  /** Of a running domain its full name, `pc-i440fx-10.0`, not the alias that was asked for. */
  readonly machineType: string | undefined;
  readonly emulator: string | undefined;
  readonly cpu: CpuMode | undefined;
  readonly disks: readonly Disk[];
  readonly hostDevices: readonly HostDevice[];
  /** What libvirt refuses to migrate whatever the options are; a sentence each, with its remedy. */
  readonly obstacles: readonly string[];
  /** The attributes, by local name, of the one element of our namespace in its metadata. */
  readonly metadata: Record<string, string> | undefined;
  /** Of all elements in its metadata: who else keeps something there. */
  readonly metadataNamespaces: readonly string[];
}

/** `host`: the processor of the host it runs on, as it is; `stated`: one whose features the XML lists. */
export type CpuMode = 'host' | 'stated';

/** What was given is not the XML of a domain. */
export class DomainXmlError extends Error {
  override readonly name = 'DomainXmlError';
}

/** Below this element a domain keeps its own settings: `<sw:limits xmlns:sw="urn:switchover:domain:1" …/>`. */
export const METADATA_NAMESPACE = 'urn:switchover:domain:1';

/** @throws {DomainXmlError} */
export function parseDomainXml(xml: string): DomainDescription {
  const domain = rootOf(xml);
  const devices = at(domain, 'devices');
  const osType = at(domain, 'os', 'type');
  return {
    name: required(textOf(at(domain, 'name')), 'name'),
    uuid: required(textOf(at(domain, 'uuid')), 'uuid').trim(),
    type: required(attributeOf(domain, 'type'), 'type'),
    memoryBytes: memoryOf(at(domain, 'memory')),
    vcpus: vcpusOf(at(domain, 'vcpu')),
    hugePages: at(domain, 'memoryBacking', 'hugepages') !== undefined,
    memoryHardLimit: at(domain, 'memtune', 'hard_limit') !== undefined,
    arch: required(attributeOf(osType, 'arch'), 'architecture'),
    machineType: attributeOf(osType, 'machine'),
    emulator: textOf(at(devices, 'emulator'))?.trim(),
    cpu: cpuOf(at(domain, 'cpu')),
    disks: disksOf(devices),
    hostDevices: hostDevicesOf(devices),
    obstacles: obstaclesOf(domain),
    metadata: metadataOf(at(domain, 'metadata')),
    metadataNamespaces: childrenOf(at(domain, 'metadata')).flatMap(({ namespaceURI }) => namespaceURI ?? []),
  };
}

function rootOf(xml: string): Element {
  let root: Element;
  try {
    root = parseXml(xml);
  } catch (cause) {
    throw new DomainXmlError(`this is no XML of a libvirt domain: ${(cause as Error).message}`, { cause });
  }
  if (root.localName === 'domain') return root;
  throw new DomainXmlError(`this is no XML of a libvirt domain: it begins with <${root.localName}>`);
}

function required(value: string | undefined, what: string): string {
  if (value !== undefined) return value;
  throw new DomainXmlError(`this XML of a libvirt domain has no ${what}`);
}

function memoryOf(memory: Element | undefined): number {
  const text = required(textOf(memory), 'memory');
  const unit = attributeOf(memory, 'unit');
  const bytes = memoryBytes(text, unit);
  if (bytes !== undefined) return bytes;
  throw new DomainXmlError(`this XML of a libvirt domain has no memory size: "${text} ${unit ?? ''}"`);
}

function vcpusOf(vcpu: Element | undefined): number | undefined {
  const count = Number(attributeOf(vcpu, 'current') ?? textOf(vcpu));
  return count > 0 ? count : undefined;
}

function cpuOf(cpu: Element | undefined): CpuMode | undefined {
  if (cpu === undefined) return undefined;
  const mode = attributeOf(cpu, 'mode');
  return mode === 'host-passthrough' || mode === 'maximum' ? 'host' : 'stated';
}

function metadataOf(metadata: Element | undefined): Record<string, string> | undefined {
  const ours = childrenOf(metadata).find(({ namespaceURI }) => namespaceURI === METADATA_NAMESPACE);
  if (ours === undefined) return undefined;
  const entries = Array.from(ours.attributes)
    .filter(({ name, prefix }) => name !== 'xmlns' && prefix !== 'xmlns')
    .map(({ localName, name, value }): [string, string] => [localName ?? name, value]);
  return Object.fromEntries(entries);
}
