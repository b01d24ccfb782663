/**
 * How much of a guest's memory is there at all, from what the kernel of this machine tells of QEMU's process. Pages
 * that were never written are in no process: they are zero, and cost a migration next to nothing.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { guestsShareOf } from '../process-memory.ts';

/** A mapping is walked page by page to say how much of it is there: at most a quarter of a second for this much. */
const QUICKLY_WALKED_BYTES = 64 * 2 ** 30;

/** The guest's memory is one mapping, and the kernel may have joined a neighbour's pages to it. */
const JOINED_BYTES = 64 * 2 ** 20;

/**
 * @param socket of QEMU's monitor
 * @returns undefined where its process is not on this machine or not ours to look at
 */
export function residentBytesOf(
  socket: string,
  memoryBytes: number,
  accelerator: 'kvm' | 'tcg',
): number | undefined {
  try {
    const pid = listenerOf(path.resolve(socket));
    if (pid === undefined) return undefined;
    if (memoryBytes <= QUICKLY_WALKED_BYTES) {
      const mapped = residentOfMapping(readQuietly(`/proc/${pid}/smaps`), memoryBytes);
      if (mapped !== undefined) return mapped;
    }
    const status = readQuietly(`/proc/${pid}/status`);
    const kibibytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    return kibibytes > 0 ? guestsShareOf(kibibytes * 1024, memoryBytes, accelerator) : undefined;
  } catch {
    // No Linux, or no /proc.
    return undefined;
  }
}

/**
 * The process that listens there. Sockets are listed by network namespace, so each QEMU is asked for the list of
 * its own.
 */
function listenerOf(socket: string): number | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || !/qemu|kvm/.test(readQuietly(`/proc/${name}/comm`))) continue;
    const inode = inodeOf(readQuietly(`/proc/${name}/net/unix`), socket, cwdOf(name));
    if (inode !== undefined && holds(name, `socket:[${inode}]`)) return Number(name);
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

function cwdOf(pid: string): string {
  return linkOf(`/proc/${pid}/cwd`) ?? '/';
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
function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** @param smaps as in /proc/PID/smaps @returns undefined where no mapping looks like the guest's memory */
export function residentOfMapping(smaps: string, memoryBytes: number): number | undefined {
  const figures = smaps.matchAll(/^Size:\s+(\d+) kB\n(?:.*\n)*?Rss:\s+(\d+) kB$/gm);
  for (const [, size, resident] of figures) {
    const excess = Number(size) * 1024 - memoryBytes;
    if (excess >= 0 && excess < JOINED_BYTES) return Math.min(memoryBytes, Number(resident) * 1024);
  }
  return undefined;
}
