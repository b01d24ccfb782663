/**
 * A lab's run folder, `/tmp/switchover-lab-ID/`: its sockets, logs and pid files, and who owns it.
 *
 * The folder is the lab's existence. It appears in one step, with its owner file, before anything else of the
 * lab, and goes last; so whoever finds one can always tell whether it is still wanted. It is always in /tmp,
 * because a unix socket's path must be shorter than 108 bytes.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';
import { asRoot, runNow } from './run.ts';

const PREFIX = 'switchover-lab-';
const ROOT = '/tmp';

interface Owner extends ProcessIdentity {
  /** True when the lab shall outlive the process that opened it. */
  readonly keep: boolean;
}

export interface RunFolder {
  readonly id: string;
  readonly path: string;
  readonly keep: boolean;
  /** True while the process that opened the lab is there. */
  readonly owned: boolean;
}

/** The id is taken, or is none. */
export class LabIdError extends Error {
  override readonly name = 'LabIdError';
}

export function runFolderPath(id: string): string {
  return join(ROOT, PREFIX + id);
}

export function newLabId(): string {
  return randomBytes(3).toString('hex');
}

/** @throws {LabIdError} when a lab of that name exists */
export async function createRunFolder(id: string, keep: boolean): Promise<RunFolder> {
  if (!/^[a-z0-9]{1,12}$/.test(id))
    throw new LabIdError(`"${id}" is no name for a lab: use 1 to 12 lower-case letters and digits`);
  const owner = { ...identify(process.pid), keep };
  const path = runFolderPath(id);
  // mkdtemp makes it readable for this user only, which the monitors need: they obey whoever connects.
  const unfinished = await mkdtemp(join(ROOT, `.${PREFIX}`));
  try {
    await writeFile(join(unfinished, 'owner.json'), JSON.stringify(owner));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!isFolderTaken(error)) throw error;
    throw new LabIdError(
      `a lab "${id}" exists already: take another name, or end it with ./dev lab down ${id}`,
    );
  }
  return { id, path, keep, owned: true };
}

/** Every run folder of this user, whether its lab lives or not. */
export function listRunFolders(): RunFolder[] {
  const names = readdirSync(ROOT).filter((name) => name.startsWith(PREFIX));
  return names
    .map((name) => readRunFolder(name.slice(PREFIX.length)))
    .filter((folder) => folder !== undefined);
}

/** @returns undefined when there is none, or it is another user's */
export function readRunFolder(id: string): RunFolder | undefined {
  const path = runFolderPath(id);
  try {
    if (statSync(path).uid !== process.getuid?.()) return undefined;
    const owner = JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8')) as Owner;
    return { id, path, keep: owner.keep, owned: isRunning(owner) };
  } catch {
    return undefined; // gone meanwhile, or not made by a lab
  }
}

/** The ids of all run folders, those of other users included. */
export function allLabIds(): Set<string> {
  const names = readdirSync(ROOT).filter((name) => name.startsWith(PREFIX));
  return new Set(names.map((name) => name.slice(PREFIX.length)));
}

export function removeRunFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    // What a libvirtd left in it is root's.
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    runNow(asRoot(['rm', '-rf', '--', path]));
  }
}

function isFolderTaken(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOTEMPTY' || code === 'EEXIST';
}
