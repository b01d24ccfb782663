/** A folder of this machine as the files of an archive. */
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewcEntry } from './newc.ts';

/** @param ownerOf the user to whom a path of the archive belongs @returns folders before what they hold */
export async function entriesOf(
  folder: string,
  ownerOf: (path: string) => number = () => 0,
  below = '',
): Promise<NewcEntry[]> {
  const entries: NewcEntry[] = [];
  for (const name of (await readdir(join(folder, below))).sort()) {
    const path = join(below, name);
    const entry = await entryOf(join(folder, path), path, ownerOf(path));
    entries.push(entry);
    // Not readdir's own recursion, which goes through links to folders.
    if (entry.kind === 'folder') entries.push(...(await entriesOf(folder, ownerOf, path)));
  }
  return entries;
}

async function entryOf(source: string, path: string, owner: number): Promise<NewcEntry> {
  const found = await lstat(source);
  const common = { path, permissions: found.mode & 0o7777, owner };
  if (found.isSymbolicLink()) return { kind: 'link', path, target: await readlink(source) };
  if (found.isDirectory()) return { ...common, kind: 'folder' };
  if (found.isFile()) return { ...common, kind: 'file', content: await readFile(source) };
  throw new Error(`${source} is neither a file nor a folder nor a link`);
}
