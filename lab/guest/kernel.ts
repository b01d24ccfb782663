/**
 * The guest's kernel: the distribution's own, unpacked from its package. Nothing is installed.
 */
import { copyFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackPackages, withFreshLists } from '../debian-packages.ts';
import { CommandError, run } from '../run.ts';
import { builtOnce } from './cache.ts';

/**
 * Packages that only depend on the newest kernel: Debian's cloud kernel, then Ubuntu's. All of them have the
 * serial port and the initramfs built in, so that the guest needs no modules.
 */
const KERNEL_METAPACKAGES = ['linux-image-cloud-amd64', 'linux-image-virtual', 'linux-image-generic'];

/** @returns the path of a bootable kernel */
export async function guestKernel(): Promise<string> {
  if (process.arch !== 'x64')
    throw new Error(
      `the lab's guests are x86-64 and are built with the host's packages; this host is ${process.arch}`,
    );
  return join(await builtOnce('kernel', fetchKernel), 'vmlinuz');
}

async function fetchKernel(folder: string): Promise<void> {
  process.stderr.write('lab: fetching a guest kernel from the distribution\n');
  await withFreshLists(async () => await downloadKernel(folder));
}

async function downloadKernel(folder: string): Promise<void> {
  const name = await kernelPackage();
  const unpacked = await unpackPackages(folder, [name]);
  const boot = join(unpacked, 'boot');
  const kernel = (await readdir(boot)).find((name) => name.startsWith('vmlinuz-'));
  if (kernel === undefined) throw new Error(`${name} holds no boot/vmlinuz-*`);
  await copyFile(join(boot, kernel), join(folder, 'vmlinuz'));
  await rm(unpacked, { recursive: true });
}

/** The real package behind the first metapackage that this distribution has. */
async function kernelPackage(): Promise<string> {
  for (const metapackage of KERNEL_METAPACKAGES) {
    const depends = await run(['apt-cache', 'depends', metapackage]).catch(() => '');
    const name = realKernelPackage(depends);
    if (name !== undefined) return name;
  }
  throw new CommandError(`apt knows none of ${KERNEL_METAPACKAGES.join(', ')}`);
}

/** Reads `apt-cache depends`: the dependency that names a version. */
export function realKernelPackage(aptCacheDepends: string): string | undefined {
  return /^\s*Depends: (linux-image-\d\S*)$/m.exec(aptCacheDepends)?.[1];
}
