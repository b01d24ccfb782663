import { readFileSync } from 'node:fs';

/** Of its first thread, which is the one that starts them in Node, in virsh and in `script`. @throws {Error} once it has ended */
export function childrenOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
