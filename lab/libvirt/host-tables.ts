/**
 * What the lab's hosts have in /etc that the machine has not: each other's names, for those who migrate without
 * a --migrateuri, and the account that Debian's libvirtd insists on even when its guests run as another.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BindMount } from './host-files.ts';

const ACCOUNT = 'libvirt-qemu';
const NAMES = ['hosts', 'passwd', 'group'] as const;

/** A host as the others find it. */
interface Neighbour {
  readonly name: string;
  readonly address: string;
}

export function tableMounts(labFolder: string): BindMount[] {
  return NAMES.map((name) => ({ source: join(labFolder, name), target: join('/etc', name) }));
}

export async function writeHostTables(labFolder: string, hosts: readonly Neighbour[]): Promise<void> {
  const names = hosts.map(({ address, name }) => `${address} ${name}`);
  const tables: Record<(typeof NAMES)[number], string> = {
    hosts: ['127.0.0.1 localhost', ...names, ''].join('\n'),
    passwd: withEntry(await readFile('/etc/passwd', 'utf8'), `${ACCOUNT}:x:64055:64055::/:/bin/false`),
    group: withEntry(await readFile('/etc/group', 'utf8'), `${ACCOUNT}:x:64055:`),
  };
  for (const name of NAMES) await writeFile(join(labFolder, name), tables[name]);
}

/** @returns the table with that line, unless its account is there already */
export function withEntry(table: string, line: string): string {
  const [account] = line.split(':');
  const lines = table.split('\n').filter(Boolean);
  const isThere = lines.some((each) => each.startsWith(`${account}:`));
  return [...lines, ...(isThere ? [] : [line]), ''].join('\n');
}
