/** Packages of the distribution, unpacked into a folder of ours. Nothing is installed, so nothing is started. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asRoot, CommandError, run } from './run.ts';

/**
 * @param packages as apt-get takes them: `name` or `name=version`
 * @returns the folder inside `folder` in which they are, as they would be below /
 * @throws {CommandError} when there is no such package, no apt-get, or no network
 */
export async function unpackPackages(folder: string, packages: readonly string[]): Promise<string> {
  const unpacked = join(folder, 'unpacked');
  await run(['apt-get', 'download', ...packages], { cwd: folder });
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.deb'))) {
    await run(['dpkg', '-x', join(folder, file), unpacked]);
    await rm(join(folder, file));
  }
  return unpacked;
}

/**
 * Tries again after `apt-get update`: there may be no package lists yet, or lists so old that the mirror has dropped
 * what they name.
 */
export async function withFreshLists<T>(fetch: () => Promise<T>): Promise<T> {
  try {
    return await fetch();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    await run(asRoot(['apt-get', 'update']));
    return await fetch();
  }
}

/** @returns all that these packages depend on, directly or not, and themselves @throws {CommandError} */
export async function withDependencies(packages: readonly string[]): Promise<string[]> {
  const onlyDependencies = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
  const table = await run([
    ...['apt-cache', 'depends', '--recurse', ...onlyDependencies.map((kind) => `--no-${kind}`)],
    ...packages,
  ]);
  return realPackages(table);
}

/** Reads `apt-cache depends --recurse`: each package begins a line, and a virtual one is in `<>`. */
export function realPackages(aptCacheDepends: string): string[] {
  return aptCacheDepends.split('\n').filter((line) => /^[a-z0-9][a-z0-9+.-]*$/.test(line));
}
