/**
 * A QEMU before 9.0, for tests of what switchover does with one: Debian 12's own 7.2, unpacked from its
 * packages beside the newer one that the lab runs on. Nothing is installed.
 */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackPackages } from './debian-packages.ts';
import { builtOnce } from './guest/cache.ts';
import { CommandError, run } from './run.ts';

/** The program, and the package of its modules (TCG is one of them). */
const PACKAGES = ['qemu-system-x86', 'qemu-system-common'];

/** @returns the path of a program to be used like qemu-system-x86_64; undefined where the distribution has none */
export async function oldQemu(): Promise<string | undefined> {
  const version = await oldVersion();
  if (version === undefined) return undefined;
  const folder = await builtOnce(
    `qemu-${version.replace(/[^\w.]+/g, '-')}`,
    async (target) => await unpack(target, version),
  );
  return join(folder, 'qemu-system-x86_64');
}

async function oldVersion(): Promise<string | undefined> {
  const table = await run(['apt-cache', 'madison', 'qemu-system-x86']).catch(() => '');
  const versions = table.split('\n').flatMap((line) => line.split('|')[1]?.trim() ?? []);
  return versions.find((each) => /^\d+:7\.2/.test(each));
}

async function unpack(folder: string, version: string): Promise<void> {
  process.stderr.write(`lab: fetching QEMU ${version} for the tests of old versions\n`);
  await unpackPackages(
    folder,
    PACKAGES.map((name) => `${name}=${version}`),
  );
  const modules = (await run(['find', 'unpacked', '-name', 'accel-tcg-x86_64.so'], { cwd: folder })).trim();
  if (modules === '') throw new CommandError(`the packages of QEMU ${version} hold no TCG`);
  const script = join(folder, 'qemu-system-x86_64');
  // The firmware is the installed QEMU's: a guest does not care which release it came with.
  const lines = [
    '#!/bin/sh',
    'here=$(dirname -- "$(readlink -f -- "$0")")',
    `export QEMU_MODULE_DIR="$here/${join(modules, '..')}"`,
    'exec "$here/unpacked/usr/bin/qemu-system-x86_64" -L /usr/share/qemu -L /usr/share/seabios "$@"',
  ];
  await writeFile(script, `${lines.join('\n')}\n`);
  await chmod(script, 0o755);
}
