/**
 * A libvirt lab that outlives the command which opened it: what `./dev lab up --libvirt` writes down, and how
 * the other commands find it again.
 */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestStatus } from '../guest/answers.ts';
import type { RunFolder } from '../run-folder.ts';
import { type GuestPlace, LibvirtGuest } from './libvirt-guest.ts';
import { hostsOf, type LibvirtHost } from './libvirt-host.ts';

/** The content of `libvirt.json` in the run folder. */
export interface KeptLibvirtLab {
  readonly hostCount: number;
  readonly guest: GuestPlace;
  /** What the guest said of itself last: the next verification must go on from there. */
  readonly before: GuestStatus | undefined;
}

export interface FoundLibvirtLab {
  readonly kept: KeptLibvirtLab;
  readonly hosts: readonly LibvirtHost[];
  readonly guest: LibvirtGuest;
}

export async function writeKeptLibvirtLab(labFolder: string, lab: KeptLibvirtLab): Promise<void> {
  const path = join(labFolder, 'libvirt.json');
  await writeFile(`${path}.new`, JSON.stringify(lab));
  await rename(`${path}.new`, path);
}

/** @returns undefined when the lab was not made by `./dev lab up --libvirt`, or is not that far yet */
export function findLibvirtLab(folder: RunFolder): FoundLibvirtLab | undefined {
  const kept = readKept(folder);
  if (kept === undefined) return undefined;
  const { hostCount } = kept;
  const hosts = hostsOf({ labId: folder.id, labFolder: folder.path, keep: folder.keep, hostCount });
  return { kept, hosts, guest: new LibvirtGuest(kept.guest, hosts) };
}

function readKept(folder: RunFolder): KeptLibvirtLab | undefined {
  try {
    return JSON.parse(readFileSync(join(folder.path, 'libvirt.json'), 'utf8')) as KeptLibvirtLab;
  } catch {
    return undefined;
  }
}

/** A host as a document. */
export function describeHost(host: LibvirtHost) {
  const { name, address, namespace, uri, tcpUri } = host;
  return { name, address, namespace, uri, tcpUri, libvirtdPid: host.libvirtdPid ?? null };
}
