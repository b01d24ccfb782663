/**
 * Things that are built once and kept in `.cache/lab/` of the checkout.
 *
 * A build fills a folder of its own, which is then renamed into place: whoever sees the final name sees all
 * of it, and of two builders at once the second throws its work away.
 */
import { access, chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

const CACHE = join(import.meta.dirname, '..', '..', '.cache', 'lab');

/** @param key changes whenever what is built would change @returns the folder that `build` has filled */
export async function builtOnce(key: string, build: (folder: string) => Promise<void>): Promise<string> {
  const target = join(CACHE, key);
  if (await exists(target)) return target;
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, '.building-'));
  try {
    await build(folder);
    await chmod(folder, 0o755); // mkdtemp lets nobody else in, and root may have built for others
    await rename(folder, target);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (!(await exists(target))) throw error;
  }
  return target;
}

/** @returns what {@link builtOnce} has built under that key; undefined when it has not */
export async function alreadyBuilt(key: string): Promise<string | undefined> {
  const target = join(CACHE, key);
  return (await exists(target)) ? target : undefined;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
