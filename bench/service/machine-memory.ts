/** Memory of a process and of all that it started: what is shared between them is counted once. */
import { readFileSync } from 'node:fs';
import { childrenOf } from '../../lab/children-of.ts';

/** @throws {Error} where it is not there */
export function memoryBytesOf(pid: number | undefined): number {
  const [, kib] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return childrenOf(pid).reduce((sum, child) => sum + memoryBytesOf(child), Number(kib) * 1024);
}
