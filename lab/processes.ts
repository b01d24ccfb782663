/**
 * The processes of a lab: its QEMUs and libvirtds, which write pid files into the run folder, and whatever else
 * runs on its hosts.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pidsOnHosts, pidsOnHostsNow } from './namespaces.ts';
import { identify, type ProcessIdentity, readPidFile } from './process-identity.ts';
import { asRoot, runNow } from './run.ts';
import type { RunFolder } from './run-folder.ts';
import { waitFor } from './wait.ts';

type Place = Pick<RunFolder, 'id' | 'path'>;

/** @returns true when no QEMU and no libvirtd of that lab is left */
export function isStale(folder: Pick<RunFolder, 'path'>): boolean {
  return daemonsOf(folder.path).length === 0;
}

/** Kills all of them, and returns when they are gone. @throws {WaitTimeoutError} */
export async function killProcesses(folder: Place): Promise<void> {
  await waitFor(
    `the processes of lab ${folder.id} to end`,
    // Again and again: a libvirtd may have started one more QEMU meanwhile.
    async () => (killEach(folder.path, await pidsOnHosts(folder.id)) === 0 ? true : undefined),
    { timeoutMs: 30_000, everyMs: 10 },
  );
}

/** As {@link killProcesses}, when nothing can be awaited any more. */
export function killProcessesNow(folder: Place): void {
  for (let round = 0; round < 3; round++) {
    if (killEach(folder.path, pidsOnHostsNow(folder.id)) === 0) return;
  }
}

/** Sends a signal to a process that may be root's; one that has ended is fine. */
export function signalProcess({ pid }: Pick<ProcessIdentity, 'pid'>, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') signalAsRoot(pid, signal);
  }
}

function signalAsRoot(pid: number, signal: NodeJS.Signals): void {
  try {
    runNow(asRoot(['kill', '-s', signal.slice('SIG'.length), String(pid)]));
  } catch {
    // It ended in between.
  }
}

/** @returns how many there were */
function killEach(folderPath: string, pidsOnHosts: readonly number[]): number {
  const running = [...daemonsOf(folderPath), ...pidsOnHosts.flatMap((pid) => identify(pid) ?? [])];
  for (const each of running) signalProcess(each, 'SIGKILL');
  return running.length;
}

function daemonsOf(folderPath: string): ProcessIdentity[] {
  return pidFiles(folderPath).flatMap((path) => readPidFile(path, folderPath) ?? []);
}

/** Our own are in the folder itself; those of a libvirtd's QEMUs are where that keeps its run files. */
function pidFiles(folderPath: string): string[] {
  const hosts = namesIn(folderPath).filter((name) => /^host\d$/.test(name));
  const folders = [folderPath, ...hosts.map((host) => join(folderPath, host, 'run', 'qemu'))];
  return folders.flatMap(pidFilesIn);
}

export function pidFilesIn(folder: string): string[] {
  const names = namesIn(folder).filter((name) => name.endsWith('.pid'));
  return names.map((name) => join(folder, name));
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
