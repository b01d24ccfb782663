/**
 * The initramfs of a guest that runs a real application: its programs from the distribution's packages with just the
 * libraries that they need, busybox for its scripts, and `application.c` as /init. Nothing is installed.
 *
 * It is all in the guest's memory, and no disk: the kernel has no driver for one built in.
 */
import { chmod, copyFile, glob, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { unpackPackages, withDependencies, withFreshLists } from '../debian-packages.ts';
import { asRoot, CommandError, isRoot, run } from '../run.ts';
import { APPLICATIONS, type Application, type ApplicationKind } from './applications.ts';
import { APPLICATION_SOURCES, compile } from './compile.ts';
import { librariesOf } from './libraries.ts';
import { newcArchive } from './newc.ts';
import { entriesOf } from './tree.ts';

/** `prepare` runs as an ordinary user; the guest's application owns what that leaves in /data. */
const DATA_FOLDER = 'data';
const NOBODY = 65534;

export function scriptsOf(kind: ApplicationKind): string {
  return join(import.meta.dirname, 'applications', kind);
}

/** @throws {CommandError} */
export async function buildApplicationInitramfs(kind: ApplicationKind, folder: string): Promise<void> {
  process.stderr.write(`lab: building the guest image of ${kind} from the distribution's packages\n`);
  const application = APPLICATIONS[kind];
  const unpacked = await withFreshLists(async () => await fetchPackages(folder, application));
  const tree = join(folder, 'tree');
  await fillTree(tree, unpacked, kind);
  const dataOwner = process.getuid?.() || NOBODY;
  await prepare(tree, dataOwner);
  const archive = newcArchive([
    ...(await entriesOf(tree, (path) => (path.startsWith(DATA_FOLDER) ? dataOwner : 0))),
    { kind: 'character-device', path: 'dev/console', permissions: 0o600, major: 5, minor: 1 },
  ]);
  // Compressed, because the kernel sizes its root file system by the memory that the archive leaves.
  await writeFile(join(folder, 'initramfs.cpio'), zstdCompressSync(archive));
  await rm(unpacked, { recursive: true });
  await rm(tree, { recursive: true });
}

/** Large, and needed by no program of ours. */
const UNWANTED = /-perl$|^libperl|^libllvm|^libz3|-(data|common|doc)$/;

async function fetchPackages(folder: string, { packages, dependencies }: Application): Promise<string> {
  const wanted = (name: string) =>
    packages.includes(name) ||
    dependencies?.test(name) === true ||
    (/^z?lib/.test(name) && !UNWANTED.test(name));
  const all = await withDependencies(packages);
  return await unpackPackages(folder, ['busybox-static', ...all.filter(wanted)]);
}

async function fillTree(tree: string, unpacked: string, kind: ApplicationKind): Promise<void> {
  const { programs, files = [] } = APPLICATIONS[kind];
  for (const path of ['application', 'bin', 'dev', 'etc', 'proc', 'tmp', DATA_FOLDER])
    await mkdir(join(tree, path), { recursive: true });
  await compile(join(tree, 'init'), APPLICATION_SOURCES);
  await copyFile(join(unpacked, await onlyMatch(unpacked, '{,usr/}bin/busybox')), join(tree, 'bin/busybox'));
  await symlink('busybox', join(tree, 'bin/sh'));
  for (const name of await readdir(scriptsOf(kind)))
    await copyFile(join(scriptsOf(kind), name), join(tree, 'application', basename(name, '.sh')));

  for (const pattern of programs) {
    const program = await onlyMatch(unpacked, pattern);
    await copyInto(tree, program, join(unpacked, program));
    for (const { from, to } of await librariesOf(join(unpacked, program), unpacked))
      await copyInto(tree, to, from);
  }
  for (const pattern of files)
    for await (const found of glob(pattern, { cwd: unpacked, withFileTypes: true })) {
      if (!found.isFile()) continue;
      const from = join(found.parentPath, found.name);
      await copyInto(tree, from.slice(unpacked.length + 1), from);
    }
}

/** Runs the application's `prepare`, where it has one, inside the tree. */
async function prepare(tree: string, owner: number): Promise<void> {
  await writeFile(
    join(tree, 'etc/passwd'),
    `root:x:0:0::/:/bin/sh\napplication:x:${owner}:${owner}::/${DATA_FOLDER}:/bin/sh\n`,
  );
  await chmod(join(tree, 'tmp'), 0o1777);
  if (!(await readdir(join(tree, 'application'))).includes('prepare')) return;
  if (isRoot()) await run(['chown', `${owner}:${owner}`, join(tree, DATA_FOLDER)]);
  await chmod(join(tree, DATA_FOLDER), 0o700);
  // In namespaces of its own: what it mounts and leaves running is gone with it.
  const inTree = `mount --bind /dev "$1/dev" && mount -t proc proc "$1/proc" &&
    exec chroot --userspec="$2:$2" "$1" /bin/sh /application/prepare`;
  const unshare = ['unshare', '--mount', '--pid', '--fork', '--kill-child'];
  await run(asRoot([...unshare, 'sh', '-c', inTree, 'sh', tree, `${owner}`]));
}

async function copyInto(tree: string, path: string, from: string): Promise<void> {
  const target = join(tree, path);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(from, target);
}

async function onlyMatch(folder: string, pattern: string): Promise<string> {
  for await (const path of glob(pattern, { cwd: folder })) return path;
  throw new CommandError(`the distribution's packages hold no ${pattern}`);
}
