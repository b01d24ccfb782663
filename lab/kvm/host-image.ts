/**
 * What the KVM host boots: the distribution's generic kernel, because its cloud kernel has no KVM, and an initramfs
 * with the modules for it, busybox, and the two scripts beside this file. Nothing is installed.
 */
import { createHash } from 'node:crypto';
import { copyFile, glob, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackPackages, withFreshLists } from '../debian-packages.ts';
import { builtOnce } from '../guest/cache.ts';
import { realKernelPackage } from '../guest/kernel.ts';
import { type NewcEntry, newcArchive } from '../guest/newc.ts';
import { CommandError, run } from '../run.ts';
import { modulesIn } from './host-modules.ts';

export interface HostImage {
  readonly kernelPath: string;
  readonly initramfsPath: string;
}

const KERNEL_METAPACKAGE = 'linux-image-amd64';
const SCRIPTS = ['init', 'agent'] as const;
const SOURCES = ['host-image.ts', 'host-modules.ts', ...SCRIPTS.map((name) => `${name}.sh`)];
const FOLDERS = ['dev', 'etc', 'mnt', 'modules', 'proc', 'root', 'run', 'sys', 'tmp', 'usr', 'var'];
/** Debian has all programs and libraries below /usr. */
const LINKS = ['bin', 'lib', 'lib64', 'sbin'];

/** Built when it is first needed. @throws {CommandError} where there is no such kernel to be had */
export async function hostImage(): Promise<HostImage> {
  const folder = await builtOnce(`kvm-host-${await hashOfSources()}`, build);
  return { kernelPath: join(folder, 'vmlinuz'), initramfsPath: join(folder, 'initramfs.cpio') };
}

async function build(folder: string): Promise<void> {
  process.stderr.write("lab: building the KVM host from the distribution's kernel\n");
  const unpacked = await withFreshLists(
    async () => await unpackPackages(folder, [await kernelPackage(), 'busybox-static']),
  );
  await copyFile(await onlyMatch(unpacked, 'boot/vmlinuz-*'), join(folder, 'vmlinuz'));
  const busybox = await readFile(await onlyMatch(unpacked, '{,usr/}bin/busybox'));
  await writeFile(join(folder, 'initramfs.cpio'), newcArchive(await entries(unpacked, busybox)));
  await rm(unpacked, { recursive: true });
}

async function entries(unpacked: string, busybox: Buffer): Promise<NewcEntry[]> {
  const modules = await modulesIn(unpacked);
  const order = Buffer.from(modules.map(({ fileName }) => `${fileName}\n`).join(''));
  const file = (path: string, content: Buffer) =>
    ({ kind: 'file', path, permissions: 0o755, content }) as const;
  const scripts = SCRIPTS.map(async (name) =>
    file(name, await readFile(join(import.meta.dirname, `${name}.sh`))),
  );
  return [
    ...FOLDERS.map((path) => ({ kind: 'folder', path, permissions: 0o755 }) as const),
    ...LINKS.map((path) => ({ kind: 'link', path, target: `usr/${path}` }) as const),
    { kind: 'character-device', path: 'dev/console', permissions: 0o600, major: 5, minor: 1 },
    file('busybox', busybox),
    ...(await Promise.all(scripts)),
    file('modules/order', order),
    ...modules.map(({ fileName, content }) => file(`modules/${fileName}`, content)),
  ];
}

async function kernelPackage(): Promise<string> {
  const name = realKernelPackage(await run(['apt-cache', 'depends', KERNEL_METAPACKAGE]));
  if (name === undefined)
    throw new CommandError(`apt knows no ${KERNEL_METAPACKAGE}: the KVM host needs Debian's generic kernel`);
  return name;
}

async function onlyMatch(folder: string, pattern: string): Promise<string> {
  for await (const path of glob(pattern, { cwd: folder })) return join(folder, path);
  throw new CommandError(`the distribution's packages hold no ${pattern}`);
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of SOURCES) hash.update(await readFile(join(import.meta.dirname, name)));
  return hash.digest('hex').slice(0, 16);
}
