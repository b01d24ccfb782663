/**
 * How much of a guest's memory is there at all, from what the kernel of this machine tells of QEMU's process. Pages
 * that were never written are in no process: they are zero, and cost a migration next to nothing.
 */
import { guestsShareOf, JOINED_BYTES } from '../process-memory.ts';
import { listenerOf, readQuietly } from './listening-process.ts';

/** A mapping is walked page by page to say how much of it is there: at most a quarter of a second for this much. */
const QUICKLY_WALKED_BYTES = 64 * 2 ** 30;

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
    const pid = listenerOf(socket);
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

/** @param smaps as in /proc/PID/smaps @returns undefined where no mapping looks like the guest's memory */
export function residentOfMapping(smaps: string, memoryBytes: number): number | undefined {
  const figures = smaps.matchAll(/^Size:\s+(\d+) kB\n(?:.*\n)*?Rss:\s+(\d+) kB$/gm);
  for (const [, size, resident] of figures) {
    const excess = Number(size) * 1024 - memoryBytes;
    if (excess >= 0 && excess < JOINED_BYTES) return Math.min(memoryBytes, Number(resident) * 1024);
  }
  return undefined;
}
