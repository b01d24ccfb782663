/**
 * What a lab guest boots: a kernel, and an initramfs that holds nothing but the workload as /init.
 *
 * There is no shell and no busybox in it: the kernel hands the workload its choices, and the two device nodes
 * that it needs are in the archive, so it has nothing to mount and nothing to start.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.ts';
import { builtOnce } from './cache.ts';
import { guestKernel } from './kernel.ts';
import { newcArchive } from './newc.ts';

export interface GuestImage {
  readonly kernelPath: string;
  readonly initramfsPath: string;
}

const WORKLOAD_SOURCE = join(import.meta.dirname, 'workload.c');
/** The sources that decide what is in the initramfs. */
const INITRAMFS_SOURCES = [WORKLOAD_SOURCE, join(import.meta.dirname, 'newc.ts'), import.meta.filename];

/** Builds what is missing, once; afterwards this takes a millisecond. */
export async function guestImage(): Promise<GuestImage> {
  const initramfs = await builtOnce(`initramfs-${await sourcesHash()}`, buildInitramfs);
  return { kernelPath: await guestKernel(), initramfsPath: join(initramfs, 'initramfs.cpio') };
}

async function buildInitramfs(folder: string): Promise<void> {
  const program = join(folder, 'init');
  await compileWorkload(program);
  const archive = newcArchive([
    { kind: 'folder', path: 'dev', permissions: 0o755 },
    { kind: 'character-device', path: 'dev/console', permissions: 0o600, major: 5, minor: 1 },
    { kind: 'character-device', path: 'dev/ttyS1', permissions: 0o600, major: 4, minor: 65 },
    { kind: 'file', path: 'init', permissions: 0o755, content: await readFile(program) },
  ]);
  await writeFile(join(folder, 'initramfs.cpio'), archive);
  await rm(program);
}

/** Vector code is left out: TCG emulates it slowly. */
export async function compileWorkload(program: string): Promise<void> {
  const flags = ['-static', '-O2', '-fno-tree-vectorize', '-Wall', '-Wextra'];
  await run(['gcc', ...flags, '-o', program, WORKLOAD_SOURCE]);
}

async function sourcesHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const path of INITRAMFS_SOURCES) hash.update(await readFile(path));
  return hash.digest('hex').slice(0, 16);
}
