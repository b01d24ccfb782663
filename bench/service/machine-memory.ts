/** Memory of a process and of all that it started: what is shared between them is counted once. */
import { readFileSync } from 'node:fs';
import { childrenOf } from '../../lab/children-of.ts';

/** Of the process alone, with all that it maps. @throws {Error} where it is not there */
export function residentBytesOf(pid: number | undefined): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

/** @returns of all that it started @throws {Error} where it is not there */
export function memoryBytesOfChildren(pid: number | undefined): number {
  return childrenOf(pid).reduce((sum, child) => sum + memoryBytesOf(child), 0);
}

/** @throws {Error} where it is not there */
export function memoryBytesOf(pid: number | undefined): number {
  const [, kib] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kib) * 1024 + memoryBytesOfChildren(pid);
}
