/**
 * A journal says which settings to put back and which destination to ask, so a folder that others can write would
 * let them act as us, who are often root. What is ours, or root's, and closed to others is trusted; nothing else is.
 */
import fs from 'node:fs';
import { errnoWords } from '../errno-words.ts';
import { JournalError } from '../journal-error.ts';

const WRITABLE_BY_OTHERS = 0o022;

/**
 * @returns false where there is no such folder
 * @throws {JournalError} when others can write it, or it cannot be looked at
 */
export async function isSafeFolder(folder: string): Promise<boolean> {
  const stats = await statsOf(folder);
  if (stats === undefined) return false;
  if (stats.isSymbolicLink())
    throw new JournalError(
      `${folder} is a symbolic link, which whoever made it can turn elsewhere: name the folder itself with --state-dir`,
    );
  if (!stats.isDirectory())
    throw new JournalError(`${folder} is no folder: move it away, or choose another folder with --state-dir`);
  const problem = whyUnsafe(stats);
  if (problem) throw new JournalError(`${folder} ${problem}, or choose another folder with --state-dir`);
  return true;
}

/**
 * Opens a journal's own file, and never another through a link.
 * @param flags of `fs.constants`
 * @throws {JournalError} when others can write it
 * @throws {Error} the file system's
 */
export async function openSafely(file: string, flags: number): Promise<fs.promises.FileHandle> {
  const { O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  // Without waiting: a pipe in place of a file would hold us for ever.
  const handle = await fs.promises.open(file, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stats = await handle.stat();
    const problem = stats.isFile() ? whyUnsafe(stats) : 'is no file: move it away';
    if (problem) throw new JournalError(`the journal ${file} ${problem}`);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function statsOf(folder: string): Promise<fs.Stats | undefined> {
  try {
    return await fs.promises.lstat(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // A file in the way of the path is told by whoever has to write there.
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new JournalError(
      `the journals in ${folder} cannot be read (${errnoWords(cause)}): choose another folder with --state-dir`,
      { cause },
    );
  }
}

/** What is wrong and the remedy, as the end of a sentence. */
function whyUnsafe({ uid, mode }: fs.Stats): string | undefined {
  const ours = process.geteuid?.();
  if (ours !== undefined && uid !== ours && uid !== 0)
    return `belongs to the user with number ${uid}, who could plant journals: \`chown\` it`;
  if ((mode & WRITABLE_BY_OTHERS) !== 0)
    return `can be written by others (mode ${(mode & 0o7777).toString(8)}), who could plant journals: \`chmod go-w\` it`;
  return undefined;
}
