/**
 * The server lets everybody in who reaches its socket, so its folders are ours alone: who could write them could act as
 * the store.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { StoreError } from './store-error.ts';

/** `sockaddr_un` holds 107 bytes; the socket and its lock file are `.s.PGSQL.5432.lock`. */
const LONGEST_SOCKET_FOLDER = 107 - '/.s.PGSQL.5432.lock'.length;

/** Makes it where there is none. @throws {StoreError} when it is not ours alone */
export function makePrivateFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new StoreError(`${folder} cannot be made (${code}): choose another folder with --data-dir`, {
      cause,
    });
  }
  const stats = fs.lstatSync(folder);
  const isOurs = stats.isDirectory() && stats.uid === process.geteuid?.();
  if (!isOurs)
    throw new StoreError(`${folder} is not a folder of this user's: choose another folder with --data-dir`);
  if ((stats.mode & 0o077) !== 0)
    throw new StoreError(
      `${folder} is open to others (mode ${(stats.mode & 0o777).toString(8)}), who could act as the store: \`chmod 700\` it, or choose another folder with --data-dir`,
    );
}

/**
 * Beside the data; where that path is too long for a socket, below the folder for temporary files, under a name that
 * every process finds again.
 */
export function socketFolderOf(folder: string): string {
  const beside = path.join(folder, 'run');
  if (Buffer.byteLength(beside) <= LONGEST_SOCKET_FOLDER) return beside;
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return path.join(os.tmpdir(), `switchover-${process.geteuid?.()}-${name}`);
}
