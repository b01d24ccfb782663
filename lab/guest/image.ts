/**
 * What a lab guest boots: a kernel, and an initramfs.
 *
 * That of the lab's own workloads holds nothing but `workload.c` as /init: no shell and no busybox. The kernel
 * hands it its choices, and the two device nodes that it needs are in the archive, so it has nothing to mount and
 * nothing to start. Each application has an image of its own (application-image.ts), built when it is first used.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildApplicationInitramfs, scriptsOf } from './application-image.ts';
import { type ApplicationKind, isApplication } from './applications.ts';
import { builtOnce } from './cache.ts';
import { APPLICATION_SOURCES, compile, WORKLOAD_SOURCES } from './compile.ts';
import { guestKernel } from './kernel.ts';
import { newcArchive } from './newc.ts';
import type { WorkloadKind } from './workload.ts';

export interface GuestImage {
  readonly kernelPath: string;
  readonly initramfsPath: string;
}

/** Builds what is missing, once; afterwards this takes a millisecond. */
export async function guestImage(kind: WorkloadKind): Promise<GuestImage> {
  const initramfs = isApplication(kind)
    ? await builtOnce(
        `initramfs-${kind}-${await applicationHash(kind)}`,
        async (folder) => await buildApplicationInitramfs(kind, folder),
      )
    : await builtOnce(`initramfs-${await hashOf([...COMMON_SOURCES, ...WORKLOAD_SOURCES])}`, buildInitramfs);
  return { kernelPath: await guestKernel(), initramfsPath: join(initramfs, 'initramfs.cpio') };
}

async function buildInitramfs(folder: string): Promise<void> {
  const program = join(folder, 'init');
  await compile(program, WORKLOAD_SOURCES);
  const archive = newcArchive([
    { kind: 'folder', path: 'dev', permissions: 0o755 },
    { kind: 'character-device', path: 'dev/console', permissions: 0o600, major: 5, minor: 1 },
    { kind: 'character-device', path: 'dev/ttyS1', permissions: 0o600, major: 4, minor: 65 },
    { kind: 'file', path: 'init', permissions: 0o755, content: await readFile(program) },
  ]);
  await writeFile(join(folder, 'initramfs.cpio'), archive);
  await rm(program);
}

/** Besides its program, what decides what is in an initramfs. */
const COMMON_SOURCES = [join(import.meta.dirname, 'newc.ts'), import.meta.filename];

async function applicationHash(kind: ApplicationKind): Promise<string> {
  const scripts = scriptsOf(kind);
  return await hashOf([
    ...COMMON_SOURCES,
    ...APPLICATION_SOURCES,
    join(import.meta.dirname, 'application-image.ts'),
    join(import.meta.dirname, 'applications.ts'),
    ...(await readdir(scripts)).sort().map((name) => join(scripts, name)),
  ]);
}

async function hashOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(await readFile(path));
  return hash.digest('hex').slice(0, 16);
}
