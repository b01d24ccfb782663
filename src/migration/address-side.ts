/**
 * Which end of a journal's migration an address is. One VM has the same UUID at both ends, so only its address tells them
 * apart; and one address may be written in several ways.
 */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { MigrationView } from '../journal/view.ts';

type Ends = Pick<MigrationView, 'vm' | 'destination'>;

/** An address that is both ends' counts as the source's. */
export function isDestinationOf(address: string, { vm, destination }: Ends): boolean {
  return destination !== null && !isSameAddress(address, vm) && isSameAddress(address, destination);
}

/**
 * Whether two addresses of one VM are the same place: the same socket, or the same host whatever the domain is called there
 * (by its name or its UUID). False where that cannot be seen: two ways to one socket, a host's name and its number.
 */
export function isSameAddress(one: string, other: string): boolean {
  return one === other || placeOf(one) === placeOf(other);
}

function placeOf(address: string): string {
  if (address.startsWith('qmp:')) return `qmp:${realPath(path.resolve(address.slice('qmp:'.length)))}`;
  const at = address.indexOf('#');
  return at > 0 ? hostOf(address.slice(0, at)) : address;
}

/** A socket that is not there has a folder still, which may be a link (`/var/run`). */
function realPath(file: string): string {
  for (const [known, rest] of [
    [file, ''],
    [path.dirname(file), path.basename(file)],
  ] as const)
    try {
      return path.join(realpathSync(known), rest);
    } catch {
      // Not there, or not ours to look into.
    }
  return file;
}

/** Users, keys and transports are ways to a libvirt; the host, its port and its socket are where it is. */
function hostOf(uri: string): string {
  try {
    const { protocol, host, pathname, searchParams } = new URL(uri);
    const driver = protocol.replace(/[+:].*$/, '');
    return `${driver}://${host}${pathname}?${searchParams.get('socket') ?? ''}`;
  } catch {
    return uri;
  }
}
