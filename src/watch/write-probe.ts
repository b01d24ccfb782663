/** Whether journals can be written into a folder, found out before a migration depends on it. */
import fs from 'node:fs';
import path from 'node:path';
import { errnoWords } from '../journal/errno-words.ts';
import { JournalError } from '../journal/journal-error.ts';

/**
 * Writes a file to the disk and removes it again: permissions alone say nothing of a full disk.
 * @throws {JournalError} what is in the way, and what to do
 */
export async function probeWriting(folder: string): Promise<void> {
  // The store takes nothing with a dot at its beginning for a journal.
  const file = path.join(folder, `.watch-${process.pid}`);
  try {
    await fs.promises.mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      await fs.promises.writeFile(file, 'x', { mode: 0o600, flush: true });
    } finally {
      await fs.promises.rm(file, { force: true });
    }
  } catch (cause) {
    throw new JournalError(
      `the journals in ${folder} cannot be written (${errnoWords(cause)}): make room and make it writable, or choose another folder (--state-dir, or state-dir in [watch])`,
      { cause },
    );
  }
}
