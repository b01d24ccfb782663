/** What virsh tells of a host, read. */
import { at, parseXml, textOf } from '../domain/xml.ts';

export interface NodeMemory {
  /** What a new guest could get without anything being pushed out: free, buffers and page cache. */
  readonly availableBytes: number;
}

/** @param text of `virsh nodememstats` @returns undefined when it has no such figures */
export function parseNodeMemory(text: string): NodeMemory | undefined {
  const kibibytes = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name, amount] = line.split(':');
    const [, figure] = /^\s*(\d{1,20})\b/.exec(amount ?? '') ?? [];
    if (name !== undefined && figure !== undefined) kibibytes.set(name.trim(), Number(figure));
  }
  const free = kibibytes.get('free');
  if (free === undefined) return undefined;
  const reclaimable = (kibibytes.get('buffers') ?? 0) + (kibibytes.get('cached') ?? 0);
  return { availableBytes: (free + reclaimable) * 1024 };
}

/** @param xml of `virsh capabilities` @returns undefined when the host does not know its UUID */
export function parseHostUuid(xml: string): string | undefined {
  return textOf(at(parseXml(xml), 'host', 'uuid'))?.trim();
}

/** A domain that a host knows, running or not. */
export interface KnownDomain {
  readonly name: string;
  readonly uuid: string;
  readonly active: boolean;
}

/**
 * @param uuids of `virsh list --all --uuid`
 * @param names of `virsh list --all --name`, in the same order: running ones by id, then the others by name
 * @param inactive of `virsh list --inactive --uuid`
 * @returns undefined when a domain came or went in between
 */
export function knownDomains(uuids: string, names: string, inactive: string): KnownDomain[] | undefined {
  const nameLines = linesOf(names);
  const uuidLines = linesOf(uuids);
  if (nameLines.length !== uuidLines.length) return undefined;
  const off = new Set(linesOf(inactive));
  return uuidLines.map((uuid, index) => ({ uuid, name: nameLines[index] ?? '', active: !off.has(uuid) }));
}

/** A name may begin or end with a blank, so a line is kept as it is. */
function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
