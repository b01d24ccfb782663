/** The file of --svg, and what draws it. */
import { accessSync, constants, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errnoWords } from '../journal/errno-words.ts';
import { UsageError } from './usage-error.ts';

export interface PictureFile<T> {
  /** The module that draws. */
  readonly with: T;
  /** @param svg a whole document @throws {UsageError} */
  write(svg: string): void;
}

/**
 * Before the work: where no picture can be had in the end, no probe and no simulation is worth its time.
 * @param load imports the module that draws
 * @throws {UsageError}
 */
export async function pictureAt<T>(file: string, load: () => Promise<T>): Promise<PictureFile<T>> {
  touching(file, () => accessSync(path.dirname(path.resolve(file)), constants.W_OK));
  return { with: await loaded(load), write: (svg) => touching(file, () => writeFileSync(file, svg)) };
}

/**
 * What draws is installed only by people who want pictures: it is some sixty packages, which a daemon of root need
 * not have beside it.
 */
async function loaded<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !/observablehq|linkedom/.test(message)) throw cause;
    throw new UsageError(`--svg draws with two packages that are not installed: ${remedy()}`, { cause });
  }
}

const PACKAGES = '@observablehq/plot linkedom';

/** Debian's package has a Node of its own, and no npm, whose usual place for packages is none that this Node looks at. */
function remedy(): string {
  const isDebians = process.execPath === path.resolve(import.meta.dirname, '../../node');
  return isDebians
    ? `an npm of any Node puts them where switchover finds them, by \`npm install --global --prefix /usr ${PACKAGES}\`; the package of npm, on any other machine, draws as well (docs/install.md)`
    : `\`npm install --global ${PACKAGES}\` puts them beside switchover`;
}

function touching(file: string, touch: () => void): void {
  try {
    touch();
  } catch (cause) {
    throw new UsageError(`--svg ${file} cannot be written (${errnoWords(cause)})`, { cause });
  }
}
