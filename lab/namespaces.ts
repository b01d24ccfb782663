/**
 * The names of a lab's hosts as the kernel knows them (network namespaces), and what lives in those.
 */
import { readdirSync } from 'node:fs';
import { asRoot, run, runNow } from './run.ts';

export type Side = 'source' | 'destination';

export const ADDRESSES: Readonly<Record<Side, string>> = { source: addressOf(0), destination: addressOf(1) };

/** One letter a host, at the end of its namespace's name. */
const HOST_LETTERS = 'abcd';
const SWITCH_LETTER = 'x';
export const MAX_HOSTS = HOST_LETTERS.length;
/** Where iproute2 keeps the namespaces that have a name. */
const NAMESPACES = '/run/netns';

/** @param index from 0 */
export function addressOf(index: number): string {
  return `10.77.0.${index + 1}`;
}

/** @param host a side, or the number of a host from 0 */
export function namespaceOf(id: string, host: Side | number): string {
  const index = host === 'source' ? 0 : host === 'destination' ? 1 : host;
  return `sw${id}${HOST_LETTERS[index]}`;
}

/** The namespace of the switch, which only labs of more than two hosts have. */
export function switchOf(id: string): string {
  return `sw${id}${SWITCH_LETTER}`;
}

/** The namespaces that are there now, of one lab or of all, with the lab's id. */
export function listNamespaces(id?: string): { id: string; name: string }[] {
  return namesOfNamespaces().flatMap((name) => {
    const [, found] = /^sw([a-z0-9]{1,12})[abcdx]$/.exec(name) ?? [];
    return found === undefined || (id !== undefined && found !== id) ? [] : [{ id: found, name }];
  });
}

/** The processes that live on the hosts of a lab, whoever started them there. */
export async function pidsOnHosts(id: string): Promise<number[]> {
  const listings = listNamespaces(id).map(async ({ name }) => await run(pidsCommand(name)).catch(() => ''));
  return (await Promise.all(listings)).flatMap(readPids);
}

/** As {@link pidsOnHosts}, when nothing can be awaited any more. */
export function pidsOnHostsNow(id: string): number[] {
  return listNamespaces(id).flatMap(({ name }) => {
    try {
      return readPids(runNow(pidsCommand(name)));
    } catch {
      return []; // the namespace is gone
    }
  });
}

function pidsCommand(namespace: string): string[] {
  return asRoot(['ip', 'netns', 'pids', namespace]);
}

function readPids(listing: string): number[] {
  return listing.split('\n').filter(Boolean).map(Number);
}

function namesOfNamespaces(): string[] {
  try {
    return readdirSync(NAMESPACES);
  } catch {
    return []; // nobody has made one since the machine's boot
  }
}
