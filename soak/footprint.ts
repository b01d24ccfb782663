/** What switchover has left on this machine, and what a process of it holds. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Footprint } from './course.ts';

/**
 * @param stateDir of its journals
 * @param temporary where it makes temporary files, and nobody else does
 * @param mark what the command line of each process that it starts has in it
 */
export function leftBehind(stateDir: string, temporary: string, mark: string): Footprint {
  const journals = filesBelow(stateDir);
  return {
    'journal files': journals.length,
    'bytes of journal': journals.reduce((sum, file) => sum + sizeOf(file), 0),
    'temporary files': filesBelow(temporary).length,
    'processes left': processesWith(mark).length,
    'control groups left': namesIn('/sys/fs/cgroup')
      .concat(namesIn('/sys/fs/cgroup/cpu'))
      .filter((name) => name.startsWith('switchover-')).length,
  };
}

/** @param name as it is told: `watch`, `libvirtd of host1` */
export function heldBy(name: string, pid: number | undefined): Footprint {
  if (pid === undefined) return {};
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const residentKB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    return {
      [`${name} in MB`]: residentKB / 1000,
      [`open files of ${name}`]: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    // It has just ended, which whoever needs it finds out.
    return {};
  }
}

function processesWith(mark: string): number[] {
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => commandLineOf(pid).includes(mark));
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => path.join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
