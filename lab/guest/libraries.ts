/** Which shared libraries a program needs, found in unpacked packages, by the dynamic loader of those packages. */
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, run } from '../run.ts';

/** Where every x86-64 program of Debian looks, and Debian's name of the loader that the program names. */
const LIBRARIES = 'lib/x86_64-linux-gnu';
const LOADER = 'lib64/ld-linux-x86-64.so.2';

export interface Library {
  readonly from: string;
  /** Below /, where the program will find it. */
  readonly to: string;
}

/** @returns the libraries of the program, theirs, and the loader @throws {CommandError} when one is missing */
export async function librariesOf(program: string, unpacked: string): Promise<Library[]> {
  const loader = await loaderIn(unpacked);
  const folders = ['lib', 'usr/lib'].map((folder) => join(unpacked, folder, 'x86_64-linux-gnu'));
  const list = await run([loader, '--inhibit-cache', '--library-path', folders.join(':'), '--list', program]);
  const libraries = readLibraries(list).map(({ name, path }) => {
    if (!path.startsWith(unpacked)) throw new CommandError(`${program} needs ${name}, which no package has`);
    return { from: path, to: `${LIBRARIES}/${name}` };
  });
  return [{ from: loader, to: LOADER }, ...libraries];
}

/** Reads what the loader prints for `--list`. The loader itself and the kernel's part are left out. */
export function readLibraries(list: string): { name: string; path: string }[] {
  return [...list.matchAll(/^\s*([^/\s]+) => (.+?)(?: \(0x[0-9a-f]+\))?$/gm)].map(
    ([, name = '', path = '']) => ({
      name,
      path,
    }),
  );
}

async function loaderIn(unpacked: string): Promise<string> {
  for await (const path of glob('{,usr/}lib/x86_64-linux-gnu/ld-linux-x86-64.so.2', { cwd: unpacked }))
    return join(unpacked, path);
  throw new CommandError('the packages hold no dynamic loader');
}
