/**
 * The address of a libvirt domain: the connection URI of its host and its name (or UUID), `qemu:///system#vm1`.
 * A URI has no `#` of its own here, so the first one parts them and the name may hold any character.
 */
import { RefusedError } from '../hypervisor.ts';

export interface DomainAddress {
  readonly uri: string;
  readonly domain: string;
}

export function domainAddress(uri: string, domain: string): string {
  return `${uri}#${domain}`;
}

/** @throws {RefusedError} `bad-address` */
export function parseDomainAddress(address: string): DomainAddress {
  const at = address.indexOf('#');
  const uri = address.slice(0, at);
  const domain = address.slice(at + 1);
  if (at < 1 || domain === '')
    throw new RefusedError(
      'bad-address',
      `"${address}" is no address of a libvirt domain: write it like qemu:///system#vm1`,
    );
  return { uri, domain };
}
