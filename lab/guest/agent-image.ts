/**
 * A guest that runs a real QEMU guest agent: Debian's `qemu-ga` and the kernel's modules for its channel from their
 * packages, busybox for its scripts (agent/). Nothing is installed.
 */
import { createHash } from 'node:crypto';
import { copyFile, glob, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { unpackPackages, withDependencies, withFreshLists } from '../debian-packages.ts';
import { CommandError, run } from '../run.ts';
import { builtOnce } from './cache.ts';
import type { GuestImage } from './image.ts';
import { realKernelPackage } from './kernel.ts';
import { librariesOf } from './libraries.ts';
import { newcArchive } from './newc.ts';
import { entriesOf } from './tree.ts';

const SCRIPTS = join(import.meta.dirname, 'agent');
/** In the order in which they need each other. */
const MODULES = [
  ...['virtio_ring', 'virtio', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci'],
  'virtio_console',
];
const AGENT = 'usr/sbin/qemu-ga';

/** Where the guest's owner has the program that hears of moves. */
const PROGRAM = 'etc/switchover/notice';

/** Builds it once. Debian's cloud kernel is needed: its modules go with it. @throws {CommandError} */
export async function agentImage(): Promise<GuestImage> {
  const hash = createHash('sha256');
  const scripts = (await readdir(SCRIPTS)).sort().map((name) => join(SCRIPTS, name));
  for (const path of [import.meta.filename, ...scripts]) hash.update(await readFile(path));
  const folder = await builtOnce(
    `agent-${hash.digest('hex').slice(0, 16)}`,
    async (building) => await withFreshLists(async () => await build(building)),
  );
  return { kernelPath: join(folder, 'vmlinuz'), initramfsPath: join(folder, 'initramfs.cpio') };
}

async function build(folder: string): Promise<void> {
  process.stderr.write(
    "lab: building the guest image of the QEMU guest agent from the distribution's packages\n",
  );
  const metapackage = 'linux-image-cloud-amd64';
  const kernel = realKernelPackage(await run(['apt-cache', 'depends', metapackage]));
  if (kernel === undefined) throw new CommandError(`apt knows no ${metapackage}`);
  const libraries = (await withDependencies(['qemu-guest-agent'])).filter((name) => /^z?lib/.test(name));
  const unpacked = await unpackPackages(folder, [kernel, 'busybox-static', 'qemu-guest-agent', ...libraries]);
  await copyFile(await onlyMatch(unpacked, 'boot/vmlinuz-*'), join(folder, 'vmlinuz'));

  const tree = join(folder, 'tree');
  for (const path of ['bin', 'dev', 'etc/qemu', 'modules', 'proc', 'run', 'sys', 'tmp'])
    await mkdir(join(tree, path), { recursive: true });
  const put = async (from: string, to: string) => {
    await mkdir(dirname(join(tree, to)), { recursive: true });
    await copyFile(from, join(tree, to));
    await run(['chmod', '755', join(tree, to)]);
  };
  await put(await onlyMatch(unpacked, '{,usr/}bin/busybox'), 'bin/busybox');
  await symlink('busybox', join(tree, 'bin/sh'));
  await put(join(SCRIPTS, 'init.sh'), 'init');
  await put(join(SCRIPTS, 'notice.sh'), PROGRAM);
  const agent = join(unpacked, AGENT);
  await put(agent, AGENT);
  for (const { from, to } of await librariesOf(agent, unpacked)) await put(from, to);
  const order: string[] = [];
  for (const name of MODULES) {
    const module = await onlyMatch(unpacked, `{,usr/}lib/modules/**/${name}.ko`);
    await put(module, join('modules', basename(module)));
    order.push(basename(module));
  }
  await writeFile(join(tree, 'modules', 'order'), `${order.join('\n')}\n`);
  const archive = newcArchive([
    ...(await entriesOf(tree)),
    { kind: 'character-device', path: 'dev/console', permissions: 0o600, major: 5, minor: 1 },
  ]);
  await writeFile(join(folder, 'initramfs.cpio'), zstdCompressSync(archive));
  await rm(unpacked, { recursive: true });
  await rm(tree, { recursive: true });
}

async function onlyMatch(folder: string, pattern: string): Promise<string> {
  for await (const path of glob(pattern, { cwd: folder })) return join(folder, path);
  throw new CommandError(`the distribution's packages hold no ${pattern}`);
}
