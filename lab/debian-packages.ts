/** Packages of the distribution, unpacked into a folder of ours. Nothing is installed, so nothing is started. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

/**
 * @param packages as apt-get takes them: `name` or `name=version`
 * @returns the folder inside `folder` in which they are, as they would be below /
 * @throws {CommandError} when there is no such package, no apt-get, or no network
 */
export async function unpackPackages(folder: string, packages: readonly string[]): Promise<string> {
  const unpacked = join(folder, 'unpacked');
  for (const name of packages) await run(['apt-get', 'download', name], { cwd: folder });
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.deb'))) {
    await run(['dpkg', '-x', join(folder, file), unpacked]);
    await rm(join(folder, file));
  }
  return unpacked;
}
