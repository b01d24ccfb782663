/**
 * The QEMU process that listens on a monitor's socket, where it is on this machine. Its end is then a proof, which a
 * closed connection is not: the socket may be the near end of an `ssh -L`, whose own end says nothing of QEMU.
 */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { identify, isRunning } from '../process-identity.ts';

/** A process whose end can be proved. */
export interface ProvableProcess {
  isRunning(): boolean;
  /** As in "its process 123". */
  readonly words: string;
}

/** @returns undefined where the socket is not that of a QEMU on this machine, or not ours to look at */
export function listeningQemu(socket: string): ProvableProcess | undefined {
  try {
    const pid = listenerOf(socket);
    const identity = pid === undefined ? undefined : identify(pid);
    return identity && { isRunning: () => isRunning(identity), words: `its process ${identity.pid}` };
  } catch {
    // No Linux, or no /proc.
    return undefined;
  }
}

/** As {@link listenerOf}; undefined where there is no /proc as well. */
export function listenerHere(socket: string): number | undefined {
  try {
    return listenerOf(socket);
  } catch {
    return undefined;
  }
}

/**
 * Sockets are listed by network namespace, so each QEMU is asked for the list of its own; and a path means another
 * file in another mount namespace, so the file has to be the one that we see. @throws {Error} where there is no /proc
 */
export function listenerOf(socket: string): number | undefined {
  const here = path.resolve(socket);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || !/qemu|kvm/.test(readQuietly(`/proc/${name}/comm`))) continue;
    const inode = inodeOf(readQuietly(`/proc/${name}/net/unix`), here, linkOf(`/proc/${name}/cwd`) ?? '/');
    if (
      inode !== undefined &&
      holds(name, `socket:[${inode}]`) &&
      isSameFile(here, `/proc/${name}/root${here}`)
    )
      return Number(name);
  }
  return undefined;
}

/** The flags of a socket that listens (include/uapi/linux/net.h: SO_ACCEPTCON). */
const LISTENS = '00010000';

/** Columns: num, reference count, protocol, flags, type, state, inode, path. */
function inodeOf(list: string, socket: string, cwd: string): string | undefined {
  for (const line of list.split('\n')) {
    const [, , , flags, , , inode, ...words] = line.split(' ').filter((word) => word !== '');
    if (flags === LISTENS && words.length > 0 && path.resolve(cwd, words.join(' ')) === socket) return inode;
  }
  return undefined;
}

function holds(pid: string, target: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === target);
  } catch {
    return false;
  }
}

function isSameFile(one: string, other: string): boolean {
  try {
    const [a, b] = [statSync(one), statSync(other)];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}

/** Undefined where the process has closed it meanwhile, or is not ours. */
function linkOf(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}

/** Nothing where the process has ended meanwhile, or is not ours. */
export function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
