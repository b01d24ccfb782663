/**
 * The kernel modules of the KVM host, in the order in which they can be loaded. What depends on what stands in each
 * module itself; the table of it, modules.dep, is made only when a kernel is installed, and this one is not.
 */
import { glob, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CommandError, runForBytes } from '../run.ts';

/** By what they are for: the machine's devices, the folders it sees, KVM, and what a lab's network is made of. */
const WANTED = [
  ...['virtio_pci', 'virtio_console'],
  ...['9pnet_virtio', '9p', 'overlay'],
  ...['kvm-amd'],
  ...['veth', 'bridge', 'sch_tbf'],
];

export interface KernelModule {
  /** `9p.ko` */
  readonly fileName: string;
  readonly content: Buffer;
}

/** @param folder with all modules of one kernel, at any depth @throws {CommandError} */
export async function modulesIn(folder: string): Promise<KernelModule[]> {
  const paths = new Map<string, string>();
  for await (const path of glob('**/*.ko{,.xz}', { cwd: folder }))
    paths.set(nameOf(path), join(folder, path));
  const builtIn = new Set((await builtInModules(folder)).map(nameOf));
  const loaded = new Map<string, KernelModule>();

  async function load(name: string): Promise<void> {
    const path = paths.get(name);
    if (loaded.has(name) || (path === undefined && builtIn.has(name))) return;
    if (path === undefined) throw new CommandError(`the kernel in ${folder} has no module ${name}`);
    const content = await contentOf(path);
    for (const needed of dependenciesOf(content)) await load(nameOf(needed));
    loaded.set(name, { fileName: `${name}.ko`, content });
  }
  for (const name of WANTED) await load(nameOf(name));
  return [...loaded.values()];
}

/** Reads the module's `depends=`, which every module has, if only an empty one. */
export function dependenciesOf(module: Buffer): string[] {
  const [, names = ''] = /\0depends=([^\0]*)\0/.exec(module.toString('latin1')) ?? [];
  return names.split(',').filter(Boolean);
}

/** The kernel takes `-` and `_` in names for the same. */
function nameOf(path: string): string {
  return basename(path)
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_');
}

async function contentOf(path: string): Promise<Buffer> {
  return path.endsWith('.xz')
    ? await runForBytes(['xz', '--decompress', '--stdout', path])
    : await readFile(path);
}

async function builtInModules(folder: string): Promise<string[]> {
  for await (const path of glob('**/modules.builtin', { cwd: folder }))
    return (await readFile(join(folder, path), 'utf8')).split('\n').filter(Boolean);
  return [];
}
