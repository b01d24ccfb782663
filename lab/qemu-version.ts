/**
 * Which QEMU this is, and what the lab must do about it.
 */
import { run } from './run.ts';

export const DEFAULT_QEMU_BINARY = 'qemu-system-x86_64';

export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  readonly text: string;
}

export async function qemuVersion(binary: string): Promise<QemuVersion> {
  return parseQemuVersion(await run([binary, '--version']));
}

/** Reads `QEMU emulator version 10.0.2 (Debian …)`. */
export function parseQemuVersion(text: string): QemuVersion {
  const match = /version (\d+)\.(\d+)(?:\.\d+)*/.exec(text);
  if (match === null) throw new Error(`this is no QEMU's version: "${text.trim()}"`);
  return { major: Number(match[1]), minor: Number(match[2]), text: match[0].slice('version '.length) };
}

/**
 * QEMU before 9.0 loses writes of TCG guests while they migrate: the word-aligned fast path of the dirty
 * bitmap's sync clears bits without resetting TCG's translation buffer, so that later writes go unrecorded
 * (fixed in 9.0 by "physmem: Fix migration dirty bitmap coherency with TCG memory access").
 */
export function losesTcgWrites(version: QemuVersion): boolean {
  return version.major < 9;
}

const FAST_PATH_BYTES = 256 * 1024;

/** A RAM size that is no multiple of 256 KiB keeps such a QEMU off the fast path; 8 KiB more are enough. */
export function memoryOffFastPath(memoryBytes: number): number {
  return memoryBytes % FAST_PATH_BYTES === 0 ? memoryBytes + 8 * 1024 : memoryBytes;
}
